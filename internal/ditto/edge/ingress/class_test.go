package ingress

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

type notes = map[string]string

func ingress(class string, annotations notes) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "Ingress"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "i", Annotations: annotations},
	}
	if class != "" {
		ing.Spec.IngressClassName = &class
	}
	return ing
}

func class(name, controller string) *networkingv1.IngressClass {
	return &networkingv1.IngressClass{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "IngressClass"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       networkingv1.IngressClassSpec{Controller: controller},
	}
}

func byDefault(c *networkingv1.IngressClass) *networkingv1.IngressClass {
	c.Annotations = notes{"ingressclass.kubernetes.io/is-default-class": "true"}
	return c
}

func withParameters(c *networkingv1.IngressClass) *networkingv1.IngressClass {
	c.Spec.Parameters = &networkingv1.IngressClassParametersReference{Kind: "IngressClassParams", Name: "p"}
	return c
}

func inMemory(t testing.TB, objects ...any) *inventory.Memory {
	t.Helper()
	m := inventory.NewMemory(nil, nil)
	for _, o := range objects {
		raw, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		object, err := inventory.Decode(raw, inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		m.Put(object)
	}
	return m
}

func TestResolve(t *testing.T) {
	known := func(ing *networkingv1.Ingress) *networkingv1.Ingress { ing.UID = "1"; return ing }
	named := func(name string, ing *networkingv1.Ingress) *networkingv1.Ingress { ing.Name = name; return ing }
	const notInternal = ` is not named internal`
	const noClass = "without a class; edges.defaultController in the configuration can say who serves it"
	corp := way.Config{IngressClasses: map[string]string{"corp": "traefik"}, DefaultController: "alb"}
	for _, tt := range []struct {
		name    string
		ing     *networkingv1.Ingress
		objects []any
		cfg     way.Config
		want    way.Class
	}{
		{
			name: "the class object names the controller", ing: ingress("nginx", nil), objects: []any{class("nginx", "nginx.org/ingress-controller")},
			want: way.Class{Controller: "f5-nginx", Name: "nginx", Known: true, Why: `ingress class "nginx"` + notInternal},
		},
		{
			name: "a controller may have a suffix", ing: ingress("own", nil), objects: []any{class("own", "haproxy.org/ingress-controller/own")},
			want: way.Class{Controller: "haproxy", Name: "own", Known: true, Why: `ingress class "own"` + notInternal},
		},
		{
			name: "a suffix without a slash is another controller", ing: ingress("own", nil), objects: []any{class("own", "haproxy.org/ingress-controllers")},
			want: way.Class{Controller: tri.Unknown, Name: "own", Why: `ingress class "own"` + notInternal, Hint: `of class "own"; edges.ingressClasses in the configuration can say who serves it`},
		},
		{
			name: "the configuration names the class internal", ing: ingress("nginx", nil), objects: []any{class("nginx", "k8s.io/ingress-nginx")},
			cfg:  way.Config{InternalIngressClasses: []string{"nginx"}},
			want: way.Class{Controller: "ingress-nginx", Name: "nginx", Known: true, Internal: true, Why: `the configuration names ingress class "nginx" internal`},
		},
		{
			name: "a class that only sounds internal is public", ing: ingress("nginx-internal", nil), objects: []any{class("nginx-internal", "k8s.io/ingress-nginx")},
			want: way.Class{Controller: "ingress-nginx", Name: "nginx-internal", Known: true, Why: `ingress class "nginx-internal"` + notInternal},
		},
		{
			name: "an absent class object is guessed by annotations", ing: ingress("nginx", notes{"nginx.org/rewrites": "x"}),
			want: way.Class{
				Controller: "f5-nginx", Name: "nginx", Why: `ingress class "nginx"` + notInternal,
				Assumption: `IngressClass "nginx" was not found; assumed to be served by the F5 NGINX Ingress Controller because of its annotations`,
			},
		},
		{
			name: "an absent class object is guessed by its name", ing: ingress("nginx", nil),
			want: way.Class{
				Controller: "ingress-nginx", Name: "nginx", Why: `ingress class "nginx"` + notInternal,
				Assumption: `IngressClass "nginx" was not found; assumed to be served by ingress-nginx because of its name`,
			},
		},
		{
			name: "annotations of both candidates tell nothing", ing: ingress("nginx", notes{"nginx.org/rewrites": "x", "nginx.ingress.kubernetes.io/auth-type": "basic"}),
			want: way.Class{Controller: tri.Unknown, Name: "nginx", Why: `ingress class "nginx"` + notInternal, Hint: `of class "nginx"; edges.ingressClasses in the configuration can say who serves it`},
		},
		{
			name: "annotations of one controller tell it whatever the class is called", ing: ingress("x", notes{"konghq.com/plugins": "p"}),
			want: way.Class{
				Controller: "kong", Name: "x", Why: `ingress class "x"` + notInternal,
				Assumption: `IngressClass "x" was not found; assumed to be served by Kong because of its annotations`,
			},
		},
		{
			name: "a class that nobody knows stays unknown", ing: ingress("x", nil),
			want: way.Class{Controller: tri.Unknown, Name: "x", Why: `ingress class "x"` + notInternal, Hint: `of class "x"; edges.ingressClasses in the configuration can say who serves it`},
		},
		{
			name: "a usual name does not beat what the class object says", ing: ingress("nginx", nil), objects: []any{class("nginx", "example.com/own")},
			want: way.Class{Controller: tri.Unknown, Name: "nginx", Why: `ingress class "nginx"` + notInternal, Hint: `of class "nginx"; edges.ingressClasses in the configuration can say who serves it`},
		},
		{
			name: "a second ingress-nginx has a controller of its own", ing: ingress("inner", nil), objects: []any{class("inner", "k8s.io/internal-ingress-nginx")},
			want: way.Class{
				Controller: "ingress-nginx", Name: "inner", Why: `ingress class "inner"` + notInternal,
				Assumption: `IngressClass "inner" names the controller "k8s.io/internal-ingress-nginx", which is not known; assumed to be served by ingress-nginx because of its name`,
			},
		},
		{
			name: "the old annotation names a class", ing: ingress("", notes{way.ClassAnnotation: "traefik"}), objects: []any{class("traefik", "traefik.io/ingress-controller")},
			want: way.Class{Controller: "traefik", Name: "traefik", Known: true, Why: `ingress class "traefik"` + notInternal},
		},
		{
			name: "two names for the class are both to be internal", ing: ingress("a", notes{way.ClassAnnotation: "b"}), objects: []any{class("a", "k8s.io/ingress-nginx")},
			cfg: way.Config{InternalIngressClasses: []string{"a"}},
			want: way.Class{
				Controller: "ingress-nginx", Name: "a", Known: true,
				Why:        `the annotation kubernetes.io/ingress.class names another class, "b", which is not internal`,
				Assumption: `the annotation kubernetes.io/ingress.class names another class, "b"; assumed to be served by the class in spec.ingressClassName`,
			},
		},
		{
			name: "no class means the default class", ing: ingress("", nil),
			objects: []any{class("a", "k8s.io/ingress-nginx"), byDefault(class("b", "traefik.io/ingress-controller"))},
			want:    way.Class{Controller: "traefik", Name: "b", Known: true, Why: `ingress class "b"` + notInternal},
		},
		{
			name: "the default comes too late for an Ingress that is in a cluster", ing: known(ingress("", nil)),
			objects: []any{byDefault(class("b", "traefik.io/ingress-controller"))}, cfg: way.Config{InternalIngressClasses: []string{"b"}},
			want: way.Class{Controller: tri.Unknown, Why: "no ingress class is named internal", Hint: noClass},
		},
		{
			name: "no class at all is any controller", ing: ingress("", nil),
			want: way.Class{Controller: tri.Unknown, Why: "no ingress class is named internal", Hint: noClass},
		},
		{
			name: "an Ingress without a class is guessed by annotations", ing: ingress("", notes{"nginx.ingress.kubernetes.io/auth-type": "basic"}),
			want: way.Class{
				Controller: "ingress-nginx", Why: "no ingress class is named internal",
				Assumption: "the Ingress names no class; assumed to be served by ingress-nginx because of its annotations",
			},
		},
		{
			name: "annotations of other tools are nobody's", ing: ingress("x", notes{"team": "a", "ingress.kubernetes.io/ssl-redirect": "true"}),
			want: way.Class{Controller: tri.Unknown, Name: "x", Why: `ingress class "x"` + notInternal, Hint: `of class "x"; edges.ingressClasses in the configuration can say who serves it`},
		},
		{
			name: "the configuration says who serves a class", ing: ingress("corp", notes{"nginx.ingress.kubernetes.io/auth-type": "basic"}), cfg: corp,
			want: way.Class{Controller: "traefik", Name: "corp", Known: true, Why: `ingress class "corp"` + notInternal},
		},
		{
			name: "the configuration comes before the class object", ing: ingress("", notes{way.ClassAnnotation: "corp"}), cfg: corp,
			objects: []any{class("corp", "k8s.io/ingress-nginx")},
			want:    way.Class{Controller: "traefik", Name: "corp", Known: true, Why: `ingress class "corp"` + notInternal},
		},
		{
			name: "the configuration says who serves Ingresses without a class", ing: known(ingress("", notes{"konghq.com/plugins": "p"})), cfg: corp,
			want: way.Class{Controller: "alb", Known: true, Internal: true, Why: "an ALB is internal unless alb.ingress.kubernetes.io/scheme says otherwise"},
		},
		{
			name: "a default class comes before the configuration's controller", ing: ingress("", nil), cfg: corp,
			objects: []any{byDefault(class("b", "k8s.io/ingress-nginx"))},
			want:    way.Class{Controller: "ingress-nginx", Name: "b", Known: true, Why: `ingress class "b"` + notInternal},
		},
		{
			name: "a key of GKE's", ing: ingress("", notes{"kubernetes.io/ingress.global-static-ip-name": "a", "team": "a"}),
			want: way.Class{
				Controller: "gce", Why: "no ingress class is named internal",
				Assumption: "the Ingress names no class; assumed to be served by GKE's ingress controller because of its annotations",
			},
		},
		{
			name: "annotations do not make a class of nobody internal", ing: ingress("", notes{way.ClassAnnotation: "corp", "alb.ingress.kubernetes.io/scheme": "internal"}),
			want: way.Class{
				Controller: "alb", Name: "corp", Why: `ingress class "corp"` + notInternal,
				Assumption: `IngressClass "corp" was not found; assumed to be served by the AWS Load Balancer Controller because of its annotations`,
			},
		},

		{
			name: "an ALB is internal by default", ing: ingress("alb", nil), objects: []any{class("alb", "ingress.k8s.aws/alb")},
			want: way.Class{
				Controller: "alb", Name: "alb", Known: true, Internal: true,
				Why: "an ALB is internal unless alb.ingress.kubernetes.io/scheme says otherwise",
			},
		},
		{
			name: "an internet-facing ALB is public", ing: ingress("alb", notes{"alb.ingress.kubernetes.io/scheme": "internet-facing"}), objects: []any{class("alb", "ingress.k8s.aws/alb")},
			want: way.Class{Controller: "alb", Name: "alb", Known: true, Why: `alb.ingress.kubernetes.io/scheme is not "internal"`},
		},
		{
			name: "parameters of the class can make an ALB public", ing: ingress("alb", notes{"alb.ingress.kubernetes.io/scheme": "internal"}),
			objects: []any{withParameters(class("alb", "ingress.k8s.aws/alb"))},
			want:    way.Class{Controller: "alb", Name: "alb", Known: true, Why: `IngressClassParams "p" was not found; it can set the scheme`},
		},
		{
			name: "an ALB whose class was not found is not internal", ing: ingress("alb", notes{"alb.ingress.kubernetes.io/scheme": "internal"}),
			want: way.Class{
				Controller: "alb", Name: "alb", Why: `ingress class "alb"` + notInternal,
				Assumption: `IngressClass "alb" was not found; assumed to be served by the AWS Load Balancer Controller because of its name`,
			},
		},
		{
			name: "a public NLB makes an internal ALB public", objects: []any{class("alb", "ingress.k8s.aws/alb")},
			ing: ingress("alb", notes{
				"alb.ingress.kubernetes.io/scheme": "internal", "alb.ingress.kubernetes.io/enable-frontend-nlb": "true",
				"alb.ingress.kubernetes.io/frontend-nlb-scheme": "internet-facing",
			}),
			want: way.Class{
				Controller: "alb", Name: "alb", Known: true,
				Why: `alb.ingress.kubernetes.io/enable-frontend-nlb puts a load balancer in front of it whose alb.ingress.kubernetes.io/frontend-nlb-scheme is not "internal"`,
			},
		},
		{
			name: "another member makes a group public", ing: ingress("alb", notes{"alb.ingress.kubernetes.io/group.name": "g"}),
			objects: []any{
				class("alb", "ingress.k8s.aws/alb"),
				named("other", ingress("alb", notes{"alb.ingress.kubernetes.io/group.name": "g", "alb.ingress.kubernetes.io/scheme": "internet-facing"})),
			},
			want: way.Class{
				Controller: "alb", Name: "alb", Known: true,
				Why: `Ingress ns/other is in the same group: alb.ingress.kubernetes.io/scheme is not "internal"`,
			},
		},
		{
			name: "GKE's internal class counts as an annotation", ing: ingress("", notes{way.ClassAnnotation: "gce-internal"}),
			want: way.Class{
				Controller: "gce", Name: "gce-internal", Internal: true, Why: `kubernetes.io/ingress.class is "gce-internal"`,
				Assumption: `IngressClass "gce-internal" was not found; assumed to be served by GKE's ingress controller because of its name`,
			},
		},
		{
			name: "GKE's internal class does not count in the specification", ing: ingress("gce-internal", nil), objects: []any{class("gce-internal", "k8s.io/ingress-gce")},
			want: way.Class{Controller: "gce", Name: "gce-internal", Known: true, Why: `kubernetes.io/ingress.class is not "gce-internal"`},
		},
		{
			name: "an Application Gateway can use its private address", ing: ingress("agw", notes{"appgw.ingress.kubernetes.io/use-private-ip": "true"}),
			objects: []any{class("agw", "azure/application-gateway")},
			want:    way.Class{Controller: "agic", Name: "agw", Known: true, Internal: true, Why: `appgw.ingress.kubernetes.io/use-private-ip is "true"`},
		},
		{
			name: "Alibaba's ALB can be on the intranet", ing: ingress("ali", notes{"alb.ingress.kubernetes.io/address-type": "intranet"}),
			objects: []any{class("ali", "ingress.k8s.alibabacloud/alb")},
			want:    way.Class{Controller: "alibaba-alb", Name: "ali", Known: true, Internal: true, Why: `alb.ingress.kubernetes.io/address-type is "intranet"`},
		},
		{
			name: "Cilium copies load balancer annotations in dedicated mode", objects: []any{class("c", "cilium.io/ingress-controller")},
			ing: ingress("c", notes{
				"ingress.cilium.io/loadbalancer-mode":                     "dedicated",
				"service.beta.kubernetes.io/azure-load-balancer-internal": "true",
			}),
			want: way.Class{Controller: "cilium", Name: "c", Known: true, Internal: true, Why: `service.beta.kubernetes.io/azure-load-balancer-internal is "true"`},
		},
		{
			name: "Cilium's shared load balancer is not the Ingress's", objects: []any{class("c", "cilium.io/ingress-controller")},
			ing: ingress("c", notes{"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}),
			want: way.Class{
				Controller: "cilium", Name: "c", Known: true,
				Why: `ingress.cilium.io/loadbalancer-mode is not "dedicated", and the shared load balancer is not this Ingress's`,
			},
		},
		{
			name: "a marker for another controller is inert", ing: ingress("nginx", notes{"alb.ingress.kubernetes.io/scheme": "internal"}),
			objects: []any{class("nginx", "k8s.io/ingress-nginx")},
			want:    way.Class{Controller: "ingress-nginx", Name: "nginx", Known: true, Why: `ingress class "nginx"` + notInternal},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := resolve(inMemory(t, tt.objects...), tt.ing, tt.cfg)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestResolve_NewestDefaultWins(t *testing.T) {
	older, newer := byDefault(class("a", "k8s.io/ingress-nginx")), byDefault(class("b", "traefik.io/ingress-controller"))
	older.CreationTimestamp = metav1.Unix(1, 0)
	newer.CreationTimestamp = metav1.Unix(2, 0)
	if got := resolve(inMemory(t, older, newer), ingress("", nil), way.Config{}).Name; got != "b" {
		t.Errorf("default class is %q, want b", got)
	}
}
