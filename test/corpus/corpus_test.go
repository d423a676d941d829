// Package corpus judges real manifests of Eclipse Ditto: what its Helm charts render and what its repository holds. They
// are not part of this project; without them at hand the tests are skipped.
package corpus

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/missing"
)

// folder is where the manifests lie, beside the checkout.
const folder = "../../../shared/corpus"

// expectation is what a careful person finds in a file.
type expectation struct {
	// denied are the findings at baseline level: rule, kind and name of the subject. Each stands once, however many ways
	// in there are.
	denied []string
	// reported are findings that have to be there whatever they lead to.
	reported []string
	// never are rules that must find nothing, whatever it would lead to. Rules of the guide that do not exist yet stand
	// here, too.
	never []string
}

const (
	gateway           = "Deployment/my-ditto-gateway"
	exposed           = "preauth-exposed " + gateway
	unsecured         = "devops-unsecured " + gateway
	publishedPassword = "devops-default-password " + gateway
	publishedUser     = "sample-credentials Secret/my-nginx-config-nginx-htpasswd"
)

// preauth are the rules about identities that clients bring.
var preauth = []string{"preauth-exposed", "preauth-hidden", "proxy-identity"}

// files is the corpus's README at baseline level, read once more. Differences have a comment.
var files = map[string]expectation{
	"helm-4.6.0/01-defaults.yaml": {
		never: []string{
			"preauth-exposed", "edge-tls", "devops-default-password", "devops-unsecured", "devops-exposed", "internal-port-exposed",
			"stream-throttling", "verbose-logging", "sample-credentials", "weak-password-hash",
		},
	},
	"helm-4.6.0/02-ingress-tls.yaml": {
		denied: []string{
			exposed,
			"devops-exposed Ingress/my-ditto-api", "devops-exposed Ingress/my-ditto-devops",
			// The README names the Ingresses that lead straight to the gateway. This one has the bundled nginx as its default
			// backend, and nginx has locations /devops and /status. For the same reason it is one more way in of the finding
			// on the gateway: nginx leaves the identity to whoever sends `Authorization: Bearer`.
			"devops-exposed Ingress/my-ditto-ui",
		},
		never: []string{"edge-tls", "devops-default-password", "devops-unsecured", "stream-throttling"},
	},
	"helm-4.6.0/04-hardened-jwt-oauth2.yaml": {
		// That /api leads to /api/2/connections too is a matter of the restricted level.
		never: slices.Concat(preauth, []string{
			"devops-default-password", "devops-unsecured", "devops-exposed", "devops-basic-auth", "edge-tls", "mongodb-tls",
			"stream-throttling", "edge-rate-limit",
		}),
	},
	"helm-4.6.0/05-basicauth-ditto-ditto.yaml": {denied: []string{publishedUser}, never: []string{"preauth-exposed"}},
	"helm-4.6.0/06-devops-password-foobar.yaml": {
		denied: []string{publishedPassword}, never: []string{"literal-secrets", "preauth-exposed"},
	},
	// The status resources are open as well, though their own variable says true.
	"helm-4.6.0/07-devops-unsecured.yaml": {
		denied: []string{unsecured}, never: []string{"devops-basic-auth", "devops-default-password", "preauth-exposed"},
	},
	"helm-4.6.0/08-openshift-route.yaml": {
		denied: []string{exposed, "devops-exposed Route/my-ditto"}, reported: []string{"edge-rate-limit Route/my-ditto"}, never: []string{"edge-tls"},
	},
	"helm-4.6.0/09-throttling-off.yaml": {
		reported: []string{"stream-throttling " + gateway}, never: []string{"preauth-exposed", "devops-exposed"},
	},
	"helm-4.6.0/10-name-overrides.yaml":    {never: []string{"preauth-exposed", "devops-default-password", "stream-throttling"}},
	"helm-4.6.0/11-mirrored-registry.yaml": {never: []string{"preauth-exposed", "devops-default-password", "stream-throttling"}},
	"helm-4.6.0/13-nginx-nodeport.yaml": {
		denied:   []string{exposed, "devops-exposed Service/my-ditto-nginx"},
		reported: []string{"edge-tls Service/my-ditto-nginx", "edge-rate-limit Service/my-ditto-nginx"},
	},
	"helm-4.6.0/15-oauth2-no-subjects.yaml": {never: slices.Concat(preauth, []string{"devops-exposed", "devops-default-password"})},
	// As 02, the default backend of the UI's Ingress included.
	"helm-4.6.0/17-upstream-ci-values.yaml": {
		denied: []string{
			exposed, "devops-exposed Ingress/my-ditto-api", "devops-exposed Ingress/my-ditto-devops", "devops-exposed Ingress/my-ditto-ui",
		},
		never: []string{"edge-tls", "devops-default-password", "devops-unsecured"},
	},
	"helm-4.6.0/18-upstream-local-values.yaml":     {denied: []string{publishedUser}},
	"helm-4.6.0/19-upstream-benchmark-values.yaml": {denied: []string{unsecured}},

	"helm-older/3.3.0-defaults.yaml": {never: preauth},
	"helm-older/3.3.0-ingress-tls.yaml": {
		denied: []string{
			"devops-exposed Ingress/my-ditto-api",
			// The README names the api Ingress only. Root and ws have the bundled nginx as the default backend of their host,
			// which leads to /devops and /status; so has ui, but it rewrites whatever arrives there to /.
			"devops-exposed Ingress/my-ditto-root", "devops-exposed Ingress/my-ditto-ws",
		},
		// Not in the README: a snippet answers other origins with "Origin $http_origin is not in CORS allow-list".
		reported: []string{"error-page-disclosure Ingress/my-ditto-api", "edge-rate-limit Ingress/my-ditto-api"},
		never:    slices.Concat(preauth, []string{"edge-tls"}),
	},
	"helm-older/3.5.0-defaults.yaml": {never: []string{"preauth-exposed", "devops-default-password"}},
	"helm-older/3.8.0-defaults.yaml": {never: []string{"preauth-exposed", "devops-default-password"}},
	"helm-older/3.8.0-ingress-tls.yaml": {
		denied: []string{
			// Beside the ws Ingress, which authenticates and does not set the identity: the devops Ingress sets it from
			// $remote_user without asking anyone who they are, and every default backend leads to the bundled nginx with its
			// hole for `Authorization: Bearer`.
			exposed,
			"devops-exposed Ingress/my-ditto-devops",
			// By their default backends, as with 3.3.0.
			"devops-exposed Ingress/my-ditto-api", "devops-exposed Ingress/my-ditto-root", "devops-exposed Ingress/my-ditto-ws",
		},
	},

	"raw/kubernetes/deploymentFiles/ditto/ditto-cluster.yaml": {
		denied:   []string{"devops-default-password Deployment/gateway"},
		reported: []string{"stream-throttling Deployment/gateway"},
		never:    []string{"preauth-exposed", "devops-exposed", "devops-unsecured", "internal-port-exposed"},
	},
	// Without the ConfigMap nobody knows what it forwards; see TestUnreadableProxy.
	"raw/kubernetes/deploymentFiles/nginx/nginx.yaml": {},
	// Two findings in one: the DES crypt of "ditto", in a file that is no Secret.
	"raw/kubernetes-nginx-configmaps.yaml": {denied: []string{"sample-credentials ConfigMap/nginx-htpasswd"}},

	"raw/kubernetes/deploymentFiles/mongodb/mongodb.yaml":                           {},
	"raw/kubernetes/deploymentFiles/mongodb-statefulset/mongodb-statefulset.yaml":   {},
	"raw/kubernetes/deploymentFiles/mongodb-statefulset/persistent-volume.yaml":     {},
	"raw/kubernetes/deploymentFiles/mongodb-statefulset/storage-class.yaml":         {},
	"raw/kubernetes/deploymentFiles/ditto/ditto-log-files.yaml":                     {},
	"raw/kubernetes/deploymentFiles/ditto/pod-reader-role.yaml":                     {},
	"raw/kubernetes/deploymentFiles/swagger/swagger.yaml":                           {},
	"raw/kubernetes/deploymentFiles/resource-quotas/cpu-memory-resource-quota.yaml": {},
}

// together are folders judged as one input: what is deployed together.
var together = map[string]expectation{
	"raw": {
		denied: []string{
			"devops-default-password Deployment/gateway",
			"sample-credentials ConfigMap/nginx-htpasswd",
			// The node port of nginx, with its configuration at hand.
			"devops-exposed Service/ditto",
			// /api and /ws authenticate and set the identity, but the location /api/2/connections passes the client's on, and
			// the path as it was written: nginx chooses the location by the path without its dot segments.
			"preauth-exposed Deployment/gateway",
		},
		reported: []string{"stream-throttling Deployment/gateway"},
		never:    []string{"devops-unsecured", "internal-port-exposed"},
	},
}

func TestFiles(t *testing.T) {
	needCorpus(t)
	for name, want := range files {
		t.Run(name, func(t *testing.T) { compare(t, want, judge(t, name)) })
	}
}

func TestFolders(t *testing.T) {
	needCorpus(t)
	for name, want := range together {
		t.Run(name, func(t *testing.T) { compare(t, want, judge(t, name)) })
	}
}

// TestEveryFileIsExpected: a manifest without an expectation would be judged by nobody.
func TestEveryFileIsExpected(t *testing.T) {
	needCorpus(t)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		name, err := filepath.Rel(folder, path)
		// values/ holds the input of the charts.
		if _, known := files[filepath.ToSlash(name)]; !known && filepath.Dir(name) != "values" {
			t.Errorf("%s: no expectation", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatAChartRendersIsDecided: the baseline rules have everything they need in what the chart renders.
func TestWhatAChartRendersIsDecided(t *testing.T) {
	needCorpus(t)
	baseline := map[string]bool{}
	for _, rule := range builtin(t) {
		baseline[rule.Metadata.Name] = rule.Spec.Level == rules.Baseline
	}
	for name := range files {
		if !strings.HasPrefix(name, "helm-4.6.0/") {
			continue
		}
		for _, unknown := range judge(t, name).Unknown {
			if unknown.Rule == "" || baseline[unknown.Rule] {
				t.Errorf("%s: unknown: %s %s: %s: %s", name, unknown.Rule, unknown.Subject, unknown.What, unknown.Message)
			}
		}
	}
}

// TestUnreadableProxy: an nginx whose configuration was not found is unknown, not fine.
func TestUnreadableProxy(t *testing.T) {
	needCorpus(t)
	const name = "raw/kubernetes/deploymentFiles/nginx/nginx.yaml"
	unknown := judge(t, name).Unknown
	if !slices.ContainsFunc(unknown, func(u check.Unknown) bool {
		return u.Subject.Kind == "Deployment" && strings.Contains(u.Message, "ConfigMap")
	}) {
		t.Errorf("%s: nothing is said of the ConfigMap that is missing: %+v", name, unknown)
	}
}

func needCorpus(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(folder); err != nil {
		missing.Data(t, "the corpus of real manifests was not found")
	}
}

func builtin(t *testing.T) []rules.HardeningRule {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// judge judges a file or folder as `dittoguard check` does.
func judge(t *testing.T, name string) check.Result {
	t.Helper()
	loaded, err := manifest.Load([]string{filepath.Join(folder, filepath.FromSlash(name))}, nil, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{Work: 60_000_000, NoBackground: true})
	defer passwords.Close()
	checker, err := check.New(check.Options{Rules: builtin(t), Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range loaded.Objects {
		inv.Put(o)
	}
	result, err := checker.All(t.Context(), inv, inv.All())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func compare(t *testing.T, want expectation, got check.Result) {
	t.Helper()
	var denied, reported []string
	for _, f := range got.Findings {
		finding := f.Rule + " " + f.Subject.Kind + "/" + f.Subject.Name
		if f.Action == check.ActionDeny {
			denied = append(denied, finding)
		}
		reported = append(reported, finding)
		if slices.Contains(want.never, f.Rule) {
			t.Errorf("must not be reported: %s: %s", finding, f.Message)
		}
	}
	if diff := cmp.Diff(distinct(want.denied), distinct(denied)); diff != "" {
		t.Errorf("denied (-want +got):\n%s", diff)
	}
	for _, finding := range want.reported {
		if !slices.Contains(reported, finding) {
			t.Errorf("not reported: %s", finding)
		}
	}
}

// distinct is the list sorted, each entry once; never nil.
func distinct(list []string) []string {
	list = append([]string{}, list...)
	slices.Sort(list)
	return slices.Compact(list)
}
