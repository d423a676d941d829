package nginxconf

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	update   = flag.Bool("update", false, "record what the real nginx answers")
	recorded = flag.Bool("recorded", false, "compare with the recorded answers alone, as where nginx is not installed")
)

// recording is what the real nginx does, one line each: asked now where nginx is installed, and else as they were recorded in
// testdata/nginx. So the comparison runs everywhere. A line is a question and its answer, in a section for each case.
type recording struct {
	t    testing.TB
	file string
	// dir is where the real nginx listens, empty if it is not there.
	dir      string
	recorded map[string]string
	asked    map[string]string
	order    []string
	missing  []string
}

// answersOf starts nginx on a configuration, if it is installed.
func answersOf(t testing.TB, name, http string, ports []int) *recording {
	t.Helper()
	a := &recording{t: t, file: filepath.Join("testdata", "nginx", name+".txt"), recorded: map[string]string{}, asked: map[string]string{}}
	text, err := os.ReadFile(a.file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# "); ok {
			section = rest
		} else if question, answer, ok := strings.Cut(line, " -> "); ok {
			a.recorded[section+"\n"+question] = answer
		}
	}
	if bin := realNginx(); bin != "" && !*recorded {
		a.dir = start(t, bin, http, ports)
	} else if *update {
		t.Fatal("nginx is not installed: nothing can be recorded")
	}
	t.Cleanup(a.finish)
	return a
}

// of is the answer to a question about a case; ok is false where nobody ever asked nginx.
func (a *recording) of(section, question string, ask func(dir string) string) (answer string, ok bool) {
	a.t.Helper()
	key := section + "\n" + question
	was, known := a.recorded[key]
	if a.dir == "" {
		if !known {
			a.missing = append(a.missing, section+": "+question)
		}
		return was, known
	}
	answer, again := a.asked[key]
	if !again {
		answer = ask(a.dir)
		a.asked[key] = answer
		a.order = append(a.order, key)
	}
	if !*update && answer != was {
		a.t.Errorf("%s: %s: nginx answers %q, recorded is %q; run with -update if that is right", section, question, answer, was)
	}
	return answer, true
}

// finish writes what was asked, and names what was not compared.
func (a *recording) finish() {
	if a.dir == "" {
		a.t.Logf("nginx is not asked: compared with %d recorded answers; not compared, because nobody asked: %d %q", len(a.recorded)-len(a.missing), len(a.missing), a.missing)
	}
	if !*update || a.t.Failed() {
		return
	}
	var b strings.Builder
	section := ""
	for _, key := range a.order {
		in, question, _ := strings.Cut(key, "\n")
		if in != section {
			fmt.Fprintf(&b, "# %s\n", in)
			section = in
		}
		fmt.Fprintf(&b, "%s -> %s\n", question, a.asked[key])
	}
	if err := os.MkdirAll(filepath.Dir(a.file), 0o750); err != nil {
		a.t.Fatal(err)
	}
	if err := os.WriteFile(a.file, []byte(b.String()), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// realNginx is the binary the analysis is measured against, empty if there is none.
func realNginx() string {
	names := []string{"nginx", "/usr/sbin/nginx"}
	if i := slices.IndexFunc(names, func(name string) bool { _, err := exec.LookPath(name); return err == nil }); i >= 0 {
		return names[i]
	}
	return ""
}

// where is where a request arrived, or nginx's own status. A path that is the client's own is written as "=".
func where(t testing.TB, dir string, port int, host, target string) string {
	t.Helper()
	got, status := ask(t, dir, port, host, target)
	switch {
	case got == nil:
		_, code, _ := strings.Cut(status, " ")
		code, _, _ = strings.Cut(code, " ")
		return code
	case got.Target == target:
		return "="
	}
	return got.Target
}

// forwarded is the path that arrived, of such an answer.
func forwarded(answer, target string) (path string, ok bool) {
	if answer == "=" {
		answer = target
	}
	path, _, _ = strings.Cut(answer, "?")
	return path, strings.HasPrefix(answer, "/")
}
