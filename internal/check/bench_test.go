package check_test

import (
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
)

// These benchmarks judge single admission requests with all built-in rules. The objects are decoded beforehand, and
// wrapped anew for each request, so that nothing that is remembered of an object from one request to the next makes
// them faster than they are.

// BenchmarkGateway is a request for the gateway of the fixture, with its nginx, which nothing outside reaches; and with an
// Ingress before the nginx. A setting and a second Service are judged beside what is the same as for the request before
// ("update-setting", "second-service"), so that what was found without them is recalled, and after the nginx's
// Service was stored anew ("-anew").
func BenchmarkGateway(b *testing.B) {
	for _, behind := range []string{"ClusterIP", "Ingress"} {
		world := newWorld(b)
		if behind == "Ingress" {
			world.put(ingress("ditto", "api", "ditto.example.com", "twins-ditto-nginx"))
		}
		old := world.typed(b, inventory.Deployment, "ditto", "twins-ditto-gateway").(*appsv1.Deployment)
		labelled, scaled, changed := old.DeepCopy(), old.DeepCopy(), old.DeepCopy()
		metav1.SetMetaDataLabel(&labelled.ObjectMeta, "team", "twins")
		scaled.Spec.Replicas = ptr.To[int32](3)
		env := changed.Spec.Template.Spec.Containers[0].Env
		for i := range env {
			if env[i].Name == "ENABLE_PRE_AUTHENTICATION" {
				env[i].Value = "false"
			}
		}
		b.Run(behind+"/create", func(b *testing.B) { world.create(b, old) })
		b.Run(behind+"/update-label", func(b *testing.B) { world.update(b, old, labelled) })
		b.Run(behind+"/update-replicas", func(b *testing.B) { world.update(b, old, scaled) })
		b.Run(behind+"/update-setting", func(b *testing.B) { world.update(b, old, changed) })
		b.Run(behind+"/update-setting-anew", func(b *testing.B) { world.anew(b, admissionv1.Update, old, changed) })
		second := service("ditto", "second", "ditto-gateway")
		b.Run(behind+"/second-service", func(b *testing.B) { world.create(b, second) })
		b.Run(behind+"/second-service-anew", func(b *testing.B) { world.anew(b, admissionv1.Create, nil, second) })
	}
}

// BenchmarkMutate is what the mutating webhook makes of the same gateway, with an Ingress before its nginx. It is asked
// nothing about a label.
func BenchmarkMutate(b *testing.B) {
	world := newWorld(b)
	world.put(ingress("ditto", "api", "ditto.example.com", "twins-ditto-nginx"))
	old := world.typed(b, inventory.Deployment, "ditto", "twins-ditto-gateway").(*appsv1.Deployment)
	changed := old.DeepCopy()
	env := changed.Spec.Template.Spec.Containers[0].Env
	for i := range env {
		if env[i].Name == "ENABLE_PRE_AUTHENTICATION" {
			env[i].Value = "false"
		}
	}
	for _, operation := range []admissionv1.Operation{admissionv1.Create, admissionv1.Update} {
		b.Run(strings.ToLower(string(operation)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var before *inventory.Object
				if operation == admissionv1.Update {
					before = wrap(b, old)
				}
				change := changeOf(operation, before, wrap(b, changed))
				if _, err := world.checker.Mutate(b.Context(), world.inventory, change); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkProxyConfiguration is an nginx configuration that was never seen before, with an Ingress before the nginx.
func BenchmarkProxyConfiguration(b *testing.B) {
	world := newWorld(b)
	world.put(ingress("ditto", "api", "ditto.example.com", "twins-ditto-nginx"))
	old := world.typed(b, inventory.ConfigMap, "ditto", "twins-nginx-conf").(*corev1.ConfigMap)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		changed := *old
		changed.Data = map[string]string{"nginx.conf": fmt.Sprintf("# version %d\n", i) + old.Data["nginx.conf"]}
		world.judge(b, admissionv1.Update, wrap(b, old), wrap(b, &changed))
	}
}

// BenchmarkUnrelated is a request for an object that has nothing to do with Ditto.
func BenchmarkUnrelated(b *testing.B) {
	world := newWorld(b)
	for _, o := range []metav1.Object{
		deployment("shop", "web", "web"), service("shop", "web", "web"), ingress("shop", "web", "shop.example.com", "web"),
		&corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"},
			Data:       map[string]string{"application.properties": strings.Repeat("feature.flag.enabled=true\n", 200)},
		},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"},
			Data:       map[string][]byte{"password": []byte("9hFw2LkQm4Xv"), "tls.crt": make([]byte, 2000)},
		},
	} {
		kind := strings.ToLower(wrap(b, o).Ref.Kind)
		b.Run(kind+"/create", func(b *testing.B) { world.create(b, o) })
		b.Run(kind+"/update", func(b *testing.B) { world.update(b, o, o) })
	}
}

// BenchmarkClusterSize is requests that concern the fixture's gateway in clusters of 100 and of 10,000 other Deployments,
// Services and Ingresses each: in namespaces of their own; in the gateway's, with its instance label; and with an Ingress
// on its host, or without a class.
func BenchmarkClusterSize(b *testing.B) {
	for _, layout := range []string{"namespaces", "labels", "hosts"} {
		for _, n := range []int{100, 10_000} {
			world := newWorld(b)
			own := ingress("ditto", "api", "ditto.example.com", "twins-ditto-nginx")
			world.put(own)
			world.crowd(layout, n)
			gateway := world.typed(b, inventory.Deployment, "ditto", "twins-ditto-gateway").(*appsv1.Deployment)
			svc := world.typed(b, inventory.Service, "ditto", "twins-ditto-nginx").(*corev1.Service)
			for _, o := range []metav1.Object{gateway, svc, own} {
				kind := strings.ToLower(wrap(b, o).Ref.Kind)
				b.Run(fmt.Sprintf("%s/%s/%d", layout, kind, n), func(b *testing.B) { world.update(b, o, o) })
			}
		}
	}
}

// world is an inventory with a checker of all built-in rules.
type opts struct {
	inventory *inventory.Memory
	checker   *check.Checker
}

// newWorld holds the fixture.
func newWorld(b testing.TB) *opts {
	b.Helper()
	loaded, err := manifest.Load([]string{"testdata/bench/ditto.yaml"}, nil, manifest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	builtin, err := rules.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	b.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: builtin, Passwords: passwords})
	if err != nil {
		b.Fatal(err)
	}
	w := &opts{inventory: inventory.NewMemory(index.Of, nil), checker: checker}
	for i, o := range loaded.Objects {
		// As an API server has stored it.
		o.Meta.UID, o.Meta.ResourceVersion = types.UID(o.Ref.String()), fmt.Sprint(i+1)
		w.inventory.Put(o)
	}
	return w
}

func (w *opts) put(o metav1.Object) { w.inventory.Put(inventory.FromTyped(o, gvkOf(o))) }

func (w *opts) typed(b testing.TB, kind schema.GroupKind, namespace, name string) any {
	b.Helper()
	o := w.inventory.Get(kind, namespace, name)
	if o == nil {
		b.Fatalf("the fixture has no %s %s/%s", kind.Kind, namespace, name)
	}
	return o.Typed
}

// create judges a CREATE of an object; the world does not have it meanwhile.
func (w *opts) create(b *testing.B, o metav1.Object) {
	b.Helper()
	there := wrap(b, o)
	if known := w.inventory.Get(there.Ref.GroupKind(), there.Ref.Namespace, there.Ref.Name); known != nil {
		w.inventory.Delete(there.Ref.ID())
		defer w.inventory.Put(known)
	}
	b.ReportAllocs()
	for b.Loop() {
		w.judge(b, admissionv1.Create, nil, wrap(b, o))
	}
}

// update judges an UPDATE of an object.
func (w *opts) update(b *testing.B, before, after metav1.Object) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		w.judge(b, admissionv1.Update, wrap(b, before), wrap(b, after))
	}
}

// anew judges a request after the nginx's Service was stored anew, as it is.
func (w *opts) anew(b *testing.B, operation admissionv1.Operation, before, after metav1.Object) {
	b.Helper()
	nginx := w.typed(b, inventory.Service, "ditto", "twins-ditto-nginx").(*corev1.Service)
	b.ReportAllocs()
	for b.Loop() {
		w.put(nginx)
		var old *inventory.Object
		if before != nil {
			old = wrap(b, before)
		}
		w.judge(b, operation, old, wrap(b, after))
	}
}

func (w *opts) judge(b *testing.B, operation admissionv1.Operation, before, after *inventory.Object) {
	b.Helper()
	if _, err := w.checker.Change(b.Context(), w.inventory, changeOf(operation, before, after)); err != nil {
		b.Fatal(err)
	}
}

func changeOf(operation admissionv1.Operation, before, after *inventory.Object) check.Change {
	gvk := schema.FromAPIVersionAndKind(after.Ref.APIVersion, after.Ref.Kind)
	return check.Change{
		Request: &admissionv1.AdmissionRequest{
			Kind: metav1.GroupVersionKind(gvk), Namespace: after.Ref.Namespace, Name: after.Ref.Name, Operation: operation,
		},
		Object: after, OldObject: before,
	}
}

// crowd adds n Deployments, Services and Ingresses that lead to nothing of Ditto.
func (w *opts) crowd(layout string, n int) {
	for i := range n {
		namespace, name, host := fmt.Sprintf("team-%d", i%50), fmt.Sprintf("app-%05d", i), fmt.Sprintf("app-%d.example.com", i)
		d, s := deployment(namespace, name, name), service(namespace, name, name)
		if layout != "namespaces" {
			namespace = "ditto"
			d.Namespace, s.Namespace = namespace, namespace
			d.Spec.Template.Labels["app.kubernetes.io/instance"] = "twins"
			s.Spec.Selector["app.kubernetes.io/instance"] = "twins"
		}
		ing := ingress(namespace, name, host, name)
		if layout == "hosts" {
			ing.Spec.Rules[0].Host = "ditto.example.com"
			ing.Spec.IngressClassName = nil
		}
		w.put(d)
		w.put(s)
		w.put(ing)
	}
}

func deployment(namespace, name, app string) *appsv1.Deployment {
	labels := map[string]string{"app.kubernetes.io/name": app}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	d.Spec.Template.Labels = map[string]string{"app.kubernetes.io/name": app}
	c := corev1.Container{
		Name: "main", Image: "registry.example.com/shop/web:1.27",
		Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
	}
	for i := range 60 {
		c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%d", i), Value: "some value"})
	}
	d.Spec.Template.Spec.Containers = []corev1.Container{c}
	return d
}

func service(namespace, name, app string) *corev1.Service {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	s.Spec.Selector = map[string]string{"app.kubernetes.io/name": app}
	s.Spec.Ports = []corev1.ServicePort{{Name: "http", Port: 8080, TargetPort: intstr.FromString("http")}}
	return s
}

func ingress(namespace, name, host, backend string) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	ing.Spec.IngressClassName = new("nginx")
	path := networkingv1.HTTPIngressPath{Path: "/" + name, PathType: ptr.To(networkingv1.PathTypePrefix)}
	path.Backend.Service = &networkingv1.IngressServiceBackend{Name: backend}
	path.Backend.Service.Port.Name = "http"
	rule := networkingv1.IngressRule{Host: host}
	rule.HTTP = &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{path}}
	ing.Spec.Rules = []networkingv1.IngressRule{rule}
	return ing
}

// wrap makes an object as the webhook would after decoding.
func wrap(b testing.TB, typed metav1.Object) *inventory.Object {
	b.Helper()
	gvk := gvkOf(typed)
	if gvk.Kind == "" {
		b.Fatalf("no kind for %T", typed)
	}
	return inventory.FromTyped(typed, gvk)
}

func gvkOf(typed metav1.Object) schema.GroupVersionKind {
	switch typed.(type) {
	case *appsv1.Deployment:
		return appsv1.SchemeGroupVersion.WithKind("Deployment")
	case *corev1.Service:
		return corev1.SchemeGroupVersion.WithKind("Service")
	case *corev1.ConfigMap:
		return corev1.SchemeGroupVersion.WithKind("ConfigMap")
	case *corev1.Secret:
		return corev1.SchemeGroupVersion.WithKind("Secret")
	case *networkingv1.Ingress:
		return networkingv1.SchemeGroupVersion.WithKind("Ingress")
	}
	return schema.GroupVersionKind{}
}
