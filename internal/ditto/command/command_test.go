package command_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/command"
)

func TestOf(t *testing.T) {
	for name, test := range map[string]struct {
		argv   []string
		want   []string
		unread bool
	}{
		"nothing":                   {nil, []string{"[]"}, false},
		"a program":                 {[]string{"/usr/sbin/nginx", "-c", "x"}, []string{"[/usr/sbin/nginx -c x]"}, false},
		"behind what starts it":     {[]string{"/sbin/tini", "--", "env", "A=b", "timeout", "-k", "1", "5", "nginx"}, []string{"[nginx]"}, false},
		"a user of su-exec":         {[]string{"su-exec", "nobody", "nginx"}, []string{"[nginx]"}, false},
		"npx":                       {[]string{"npx", "-y", "localtunnel", "--port", "80"}, []string{"[localtunnel --port 80]"}, false},
		"a launcher alone":          {[]string{"env"}, []string{"[env]"}, false},
		"a script":                  {[]string{"sh", "-c", "a; b && c || d | e & f"}, []string{"[a]", "[b]", "[c]", "[d]", "[e]", "[f]"}, false},
		"options before the script": {[]string{"bash", "-euo", "pipefail", "-c", "a"}, []string{"[a]"}, false},
		"options beside the c":      {[]string{"/bin/bash", "-lc", "a"}, []string{"[a]"}, false},
		"options behind the c":      {[]string{"bash", "--norc", "-c", "-e", "--", "a"}, []string{"[a]"}, false},
		"a file":                    {[]string{"bash", "/start.sh"}, []string{"[bash /start.sh]"}, false},
		"no script":                 {[]string{"sh", "-c"}, []string{"[sh -c]"}, false},
		"assignments and nohup":     {[]string{"sh", "-c", "A=b nohup /x/cloudflared tunnel &"}, []string{"[/x/cloudflared tunnel]"}, false},
		"inside of something":       {[]string{"sh", "-c", "f() { a; }; if b; then (c); fi; for i in x; do d $(e); done"}, []string{"[a]", "[b]", "[c]", "[d $(e)]", "[e]"}, false},
		"quotes and escapes":        {[]string{"sh", "-c", `a 'b c' "d $e" f\ g`}, []string{"[a b c d $e f g]"}, false},
		"a shell in a shell":        {[]string{"sh", "-c", `exec bash -ec "a b" > /x`}, []string{"[a b]", "[]>/x"}, false},
		"eval":                      {[]string{"sh", "-c", `eval "a b"`}, []string{"[a b]"}, false},
		"what is written":           {[]string{"sh", "-c", "a > /x 2>&1; { b; } >> $Y < z; cat <<E >/w\nE\n"}, []string{"[a]>/x", "[]>$Y", "[b]", "[cat]>/w"}, false},
		"no script of bash":         {[]string{"sh", "-c", "if then a; A=b exec c 'd' ;; ("}, []string{"[a]", "[c d]"}, true},
		"too much":                  {[]string{"sh", "-c", strings.Repeat("( ", 200) + "a"}, []string{"[a]"}, true},
		"shells without end": {
			[]string{"sh", "-c", strings.Repeat("eval ", 20) + "a"}, []string{"[eval " + strings.Repeat("eval ", 12) + "a]"}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			list, read := command.Of(test.argv)
			for _, c := range list {
				text := fmt.Sprint(c.Words)
				if len(c.Into) > 0 {
					text += ">" + strings.Join(c.Into, ",")
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" || read == test.unread {
				t.Errorf("read %t, -want +got:\n%s", read, diff)
			}
		})
	}
}
