package e2e

import (
	"cmp"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

const (
	builtin = "../../rules/builtin"
	// corpus holds real manifests of Ditto, which are not part of the checkout.
	corpus = "../../../shared/corpus"
)

// testCase is a set of objects that belong together.
type testCase struct {
	name string
	// rule and fails are those of a fixture: the rule it is for, and whether the rule finds something in it.
	rule  string
	fails bool
	// alone says that its objects concern those of other cases.
	alone bool
	// configured says that it has a configuration of its own beside it, by which it is not judged here.
	configured bool
	// orders are the orders the objects arrive in, each in namespaces of its own.
	orders []*order
}

// order is one order of arrival.
type order struct {
	name string
	// kubectl says that the objects are applied from one file; else they are created one by one.
	kubectl    bool
	namespaces []string
	// labels are those of the namespaces, by their names.
	labels  map[string]map[string]string
	objects []*unstructured.Unstructured
}

// byKubectl is how many cases there are for one whose objects people would have applied: kubectl takes longer to start than its
// requests take.
const byKubectl = 16

// leftOut are fixtures that cannot be here, and why.
var leftOut = map[string]string{
	"network-isolation/pass/invalid":                      "no API server takes the NetworkPolicy",
	"network-isolation/pass/unjudged":                     "its AdminNetworkPolicy is for every namespace of the cluster",
	"devops-unsecured-with-file/fail/file-says-otherwise": "a policy warns of it, and dittoguard, which reads the file, finds nothing",
	"preauth-exposed/fail/version-that-is-not-read":       "no API server serves the version of its Ingress",
	"preauth-exposed/pass/f5-minion-of-two-masters":       "a cluster says which of the masters is older",
}

// alone are fixtures whose objects concern those of others, and why. Those with a controller of Ingresses do so as well.
var alone = map[string]string{
	"edge-rate-limit/pass/istio-virtual-service":                    "its EnvoyFilter is for the pods that every Gateway of the Istio fixtures names",
	"preauth-exposed/fail/istio-on-node":                            "every Gateway of the Istio fixtures names its pods",
	"preauth-exposed/fail/istio-second-balancer":                    "every Gateway of the Istio fixtures names its pods",
	"preauth-exposed/fail/istio-service-entry":                      "the host of its ServiceEntry is that of every copy",
	"preauth-exposed/pass/istio-service-entry":                      "the host of its ServiceEntry is that of every copy",
	"preauth-exposed/fail/envoy-gateway-backends-not-followed":      "its DynamicResolver may lead to any gateway of the cluster",
	"preauth-exposed/fail/contour-parent-of-any-namespace":          "its parent is the Gateway of every copy",
	"preauth-exposed/fail/parent-of-any-namespace-of-unknown-class": "its parent may be the Gateway of every copy",
}

// mending are fixtures that pass only once they are complete, and what is open until then. So an order of arrival can be refused
// though nothing is wrong with all objects together; that it was right to be is checked with each refusal.
var mending = map[string]string{
	"devops-exposed/pass/default-backend-replaced":            "the default backend gets everything until the other Ingress takes the path /",
	"devops-exposed/pass/istio-https-redirect":                "a Gateway that is not there yet may take requests over plain HTTP",
	"preauth-exposed/fail/tailscale-ingress":                  "an Ingress whose class is not there yet may be open to anybody",
	"preauth-exposed/fail/cilium-rules-merged":                "what the route says is certain until there is another one for the same requests",
	"preauth-exposed/pass/haproxy-ingress-annotations-prefix": "the controller says which annotations count",
	"preauth-exposed/pass/haproxy-ingress-class-auth":         "the parameters of the class close the way",
	"preauth-exposed/pass/haproxy-ingress-global-auth":        "the controller's ConfigMap closes the way",
	"preauth-exposed/pass/ingress-nginx-annotations-prefix":   "the controller says which annotations count",
	"preauth-exposed/pass/ingress-nginx-global-auth":          "the controller's ConfigMap closes the way",
	"preauth-exposed/pass/ingress-nginx-global-headers":       "the controller's ConfigMap closes the way",
	"preauth-exposed/pass/kong-gateway-plugin":                "the class says that Kong, which reads the plugin, serves the Gateway",
	"preauth-exposed/pass/ingress-nginx-header-set-twice":     "the header is certain until the controller's ConfigMap sets it, too",
}

// loadCases reads the fixtures of the built-in rules and, where it is at hand, the corpus.
//
// Nothing of a rule that is not enforced is ever refused, so that its fixtures come in one order.
func loadCases() ([]*testCase, error) {
	var cases []*testCase
	list, err := rules.Builtin()
	if err != nil {
		return nil, err
	}
	enforced := map[string]bool{}
	// The fixtures of a part are judged by its whole: dittoguard does not evaluate parts.
	wholes := map[string]string{}
	for _, r := range list {
		enforced[r.Metadata.Name] = r.Spec.Level == rules.Baseline
		wholes[r.Metadata.Name] = cmp.Or(r.Spec.PartOf, r.Metadata.Name)
	}
	for _, kind := range []string{"pass", "fail"} {
		files, err := filepath.Glob(filepath.Join(builtin, "*", kind, "*.yaml"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			// A configuration beside a fixture is for its rule alone; here one configuration holds for all.
			if strings.HasSuffix(file, ".configuration.yaml") {
				continue
			}
			folder := filepath.Base(filepath.Dir(filepath.Dir(file)))
			rule := wholes[folder]
			c := &testCase{name: folder + "/" + kind + "/" + base(file), rule: rule, fails: kind == "fail"}
			if leftOut[c.name] != "" {
				continue
			}
			_, err := os.Stat(strings.TrimSuffix(file, ".yaml") + ".configuration.yaml")
			c.configured = err == nil
			cases = append(cases, c)
			if err := c.load(len(cases), enforced[rule], file); err != nil {
				return nil, err
			}
		}
	}
	files, err := corpusFiles()
	if err != nil {
		return nil, err
	}
	var raw []string
	for _, file := range files {
		cases = append(cases, &testCase{name: "corpus/" + base(file)})
		if err := cases[len(cases)-1].load(len(cases), true, file); err != nil {
			return nil, err
		}
		if strings.HasPrefix(file, filepath.Join(corpus, "raw")) {
			raw = append(raw, file)
		}
	}
	if len(raw) > 0 {
		cases = append(cases, &testCase{name: "corpus/raw"})
		if err := cases[len(cases)-1].load(len(cases), true, raw...); err != nil {
			return nil, err
		}
	}
	return cases, nil
}

// corpusFiles are the manifests of the corpus, none where it was not found.
func corpusFiles() ([]string, error) {
	var files []string
	if _, err := os.Stat(corpus); os.IsNotExist(err) {
		return nil, nil
	}
	err := filepath.WalkDir(corpus, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "values" {
			return filepath.SkipDir
		}
		if err == nil && filepath.Ext(path) == ".yaml" {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

// load reads the objects of a case and makes its orders. Number tells its namespaces apart from those of other cases.
func (c *testCase) load(number int, everyOrder bool, files ...string) error {
	loaded, err := manifest.Load(files, nil, manifest.Options{Namespace: "ditto"})
	if err != nil {
		return err
	}
	objects := slices.DeleteFunc(loaded.Objects, func(o *inventory.Object) bool {
		// Without a controller that counts, a quota lets no Pod in.
		return o.Ref.Kind == "ResourceQuota"
	})
	c.alone = alone[c.name] != "" || slices.ContainsFunc(objects, isController)
	forward := make([]int, len(objects))
	for i := range forward {
		forward[i] = i
	}
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	shuffled := rand.New(rand.NewPCG(uint64(number), 7)).Perm(len(objects))
	if len(objects) == 0 {
		return nil
	}
	for _, o := range []struct {
		name, letter string
		permutation  []int
	}{{"forwards", "f", forward}, {"backwards", "b", backward}, {"shuffled", "s", shuffled}} {
		if !everyOrder && o.name != "shuffled" ||
			everyOrder && (len(objects) == 1 && o.name != "forwards" || len(objects) == 2 && o.name == "shuffled") {
			continue
		}
		arranged := arrange(o.name, fmt.Sprintf("c%03d%s", number, o.letter), objects, o.permutation)
		arranged.kubectl = o.name == "forwards" && sample.Number(c.name)%byKubectl == 0
		c.orders = append(c.orders, arranged)
	}
	return nil
}

// isController says whether an object runs a controller that is read, and that serves the Ingresses of all namespaces.
func isController(o *inventory.Object) bool {
	template := o.PodTemplate()
	return template != nil && slices.ContainsFunc(template.Spec.Containers, func(c corev1.Container) bool {
		return strings.Contains(c.Image, "ingress-nginx/controller") || strings.Contains(c.Image, "/haproxy-ingress:")
	})
}

// arrange moves the objects into namespaces of their own, and makes them such that many copies fit into one cluster.
func arrange(name, prefix string, objects []*inventory.Object, permutation []int) *order {
	r := &rewriter{prefix: prefix, texts: map[string]string{}}
	for _, o := range objects {
		r.learn(o)
	}
	result := &order{name: name, namespaces: r.namespaces(), labels: map[string]map[string]string{}}
	for _, i := range permutation {
		u := r.object(objects[i])
		if objects[i].Ref.GroupKind() == inventory.Namespace {
			// Namespaces are there before what is in them.
			result.labels[u.GetName()] = u.GetLabels()
			continue
		}
		result.objects = append(result.objects, u)
	}
	return result
}

// rewriter renames what can be there only once in a cluster.
type rewriter struct {
	prefix string
	spaces []string
	// texts are whole strings and what becomes of them: addresses, hosts, and names of classes.
	texts map[string]string
	// labels says that the object at hand has the names of namespaces in labels or selectors.
	labels bool
}

func (r *rewriter) namespaces() []string {
	var list []string
	for _, n := range r.spaces {
		list = append(list, r.prefix+"-"+n)
	}
	return list
}

func (r *rewriter) learn(o *inventory.Object) {
	namespace := o.Ref.Namespace
	if o.Ref.GroupKind() == inventory.Namespace {
		namespace = o.Ref.Name
	}
	if namespace != "" && !slices.Contains(r.spaces, namespace) {
		r.spaces = append(r.spaces, namespace)
	}
	if ip, _, _ := unstructured.NestedString(o.Content(), "spec", "clusterIP"); ip != "" {
		if _, err := netip.ParseAddr(ip); err == nil {
			to := address(r.prefix, len(r.texts))
			r.texts[ip] = to
			// The name of the address in the DNS of the cluster.
			r.texts[dashed(ip)+"."+namespace+".pod.cluster.local"] = dashed(to) + "." + r.prefix + "-" + namespace + ".pod.cluster.local"
		}
	}
	if crd.ClusterScoped(o.Ref.GroupKind()) {
		r.texts[o.Ref.Name] = r.prefix + "-" + o.Ref.Name
	}
	switch t := o.Typed.(type) {
	case *networkingv1.IngressClass:
		r.texts[t.Name] = r.prefix + "-" + t.Name
	case *networkingv1.Ingress:
		// Ingresses of one host concern each other, in whatever namespaces they are.
		for _, rule := range t.Spec.Rules {
			if first, rest, dotted := strings.Cut(rule.Host, "."); dotted {
				r.texts[rule.Host] = first + "." + r.prefix + "." + rest
				r.texts["*."+rest] = "*." + r.prefix + "." + rest // which a certificate or a listener is for
			}
		}
	}
}

// address is one in serviceCIDR that no other order has: `c012f` becomes 10.96.12.x.
func address(prefix string, n int) string {
	var number int
	var letter rune
	if _, err := fmt.Sscanf(prefix, "c%03d%c", &number, &letter); err != nil {
		panic(err)
	}
	return fmt.Sprintf("10.%d.%d.%d", 96+number/250, number%250, 10+n*10+int(letter-'a'))
}

func dashed(ip string) string { return strings.ReplaceAll(ip, ".", "-") }

// insideTraefik finds namespaces in the names that objects have inside Traefik: `ditto-users@kubernetescrd`. One with a dash
// is not told from the name.
var insideTraefik = regexp.MustCompile(`\b([a-z0-9]+)(-[a-z0-9-]+@kubernetescrd\b)`)

// inService finds the names of Services in hosts: `gateway.ditto.svc`.
var inService = regexp.MustCompile(`(\.)([a-z0-9-]+)(\.svc\b)`)

func (r *rewriter) object(o *inventory.Object) *unstructured.Unstructured {
	content := runtime.DeepCopyJSON(o.Content())
	kind := o.Ref.GroupKind()
	r.labels = kind == inventory.Namespace || kind.Kind == "NetworkPolicy"
	u := &unstructured.Unstructured{Object: r.value("", content).(map[string]any)}
	switch {
	case o.Ref.Namespace != "":
		u.SetNamespace(r.prefix + "-" + o.Ref.Namespace)
	case kind != inventory.IngressClass && !crd.ClusterScoped(kind): // which are renamed wherever they are named
		u.SetName(r.prefix + "-" + o.Ref.Name)
	}
	return u
}

// value rewrites a part of an object, field being the name it has in its parent.
func (r *rewriter) value(field string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		// Only one Service of the cluster can have a node port; the API server chooses another.
		delete(v, "nodePort")
		for key, child := range v {
			v[key] = r.value(key, child)
		}
		return v
	case []any:
		for i, child := range v {
			v[i] = r.value(field, child)
		}
		return v
	case string:
		if to, found := r.texts[v]; found {
			return to
		}
		if (field == "namespace" || r.labels && field != "kind") && slices.Contains(r.spaces, v) {
			return r.prefix + "-" + v
		}
		// `namespace/name`, as a VirtualService names a Gateway.
		if namespace, name, ok := strings.Cut(v, "/"); ok && field != "image" && field != "apiVersion" && !strings.Contains(name, "/") && slices.Contains(r.spaces, namespace) {
			return r.prefix + "-" + v
		}
		if v == "$HOSTNAME" {
			// The corpus leaves it to a shell.
			return "node-1"
		}
		v = insideTraefik.ReplaceAllStringFunc(v, func(name string) string {
			if part := insideTraefik.FindStringSubmatch(name); slices.Contains(r.spaces, part[1]) {
				return r.prefix + "-" + name
			}
			return name
		})
		return inService.ReplaceAllStringFunc(v, func(host string) string {
			part := inService.FindStringSubmatch(host)
			if !slices.Contains(r.spaces, part[2]) {
				return host
			}
			return part[1] + r.prefix + "-" + part[2] + part[3]
		})
	}
	return v
}
