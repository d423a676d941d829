package ingressnginx

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func TestMirrorOf(t *testing.T) {
	for text, want := range map[string]*mirror{
		"":                              nil,
		"gateway.ditto":                 nil,
		"ftp://gateway.ditto":           nil,
		"http://gateway.ditto:70000":    nil,
		"https://g.ditto$request_uri":   {host: "g.ditto", port: 443},
		"http://g.ditto:8080/x":         {host: "g.ditto", port: 8080, rewrite: way.Rewrite{Kind: way.RewriteConstant, To: "/x"}},
		"http://g.ditto":                {host: "g.ditto", port: 80, rewrite: way.Rewrite{Kind: way.RewriteConstant, To: "/_mirror"}},
		"http://g.ditto/x$request_uri":  {host: "g.ditto", port: 80, rewrite: way.Rewrite{Kind: way.RewritePrefix, From: []string{""}, To: "/x"}},
		"http://g.ditto$uri":            {host: "g.ditto", port: 80, rewrite: way.UnknownRewrite("mirror-target builds the path from $uri")},
		"http://g.ditto/${request_uri}": {host: "g.ditto", port: 80, rewrite: way.Rewrite{Kind: way.RewritePrefix, From: []string{""}, To: "/"}},
	} {
		got, ok := mirrorOf(mirroring(text))
		if want == nil {
			want = &mirror{}
			if ok {
				t.Errorf("%q is a mirror", text)
			}
		}
		if diff := cmp.Diff(*want, got, cmp.AllowUnexported(mirror{})); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
	}
}

func FuzzMirrorOf(f *testing.F) {
	f.Add("http://a.b$request_uri")
	f.Add("http://[::1]:1/$x")
	f.Add("https://%zz")
	f.Fuzz(func(t *testing.T, target string) {
		if m, ok := mirrorOf(mirroring(target)); ok && m.host == "" {
			t.Errorf("%q: a mirror without a host", target)
		}
	})
}

func mirroring(target string) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Annotations = map[string]string{way.PrefixIngressNginx + "mirror-target": target}
	return ing
}
