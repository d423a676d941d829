package nginxconf_test

import (
	"fmt"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
)

// TestAsked: the services that subrequests ask, where the configuration alone says which.
func TestAsked(t *testing.T) {
	for _, test := range []struct{ name, location, want string }{
		{"a path of its own", "location = /verify { internal; proxy_pass http://gw/health; }", "[{gateway 8080 /health}]"},
		{"the path that is asked for", "location = /verify { proxy_pass http://login; }", "[{login 80 /verify}]"},
		{"a folder", "location / { proxy_pass http://gw/x/; }", "[{gateway 8080 /x/verify}]"},
		{"a query", "location = /verify { proxy_pass https://login/check?a=b; }", "[{login 443 /check}]"},
		{"a variable", "location = /verify { proxy_pass http://$host/health; }", "[]"},
		{"a rewrite", "location = /verify { rewrite ^ /health break; proxy_pass http://gw; }", "[]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, err := nginxconf.Parse(t.Context(), "/nginx.conf", map[string]string{"/nginx.conf": "events {}\nhttp { upstream gw { server gateway:8080; }\n" +
				"server { listen 80; location /api { auth_request /verify; proxy_pass http://gw; }\n" + test.location + " } }"})
			if err != nil {
				t.Fatal(err)
			}
			list := []string{}
			for _, asked := range config.Routes()[0].Authentication.Asked {
				list = append(list, fmt.Sprintf("{%s %d %s}", asked.Host, asked.Port, asked.Path))
			}
			if got := fmt.Sprint(list); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
