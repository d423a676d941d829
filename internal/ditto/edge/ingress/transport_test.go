package ingress

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// TestReadTransport: what clients of ditto.example.com speak with each controller, as `TLS, plain HTTP`.
func TestReadTransport(t *testing.T) {
	tls := func(secret string, hosts ...string) []networkingv1.IngressTLS {
		return []networkingv1.IngressTLS{{Hosts: hosts, SecretName: secret}}
	}
	own := tls("s", "ditto.example.com")
	for _, tt := range []struct {
		name, controller string
		notes            notes
		tls              []networkingv1.IngressTLS
		want             string
	}{
		{"nothing", "ingress-nginx", nil, nil, "off, served"},
		{"a certificate", "ingress-nginx", nil, own, "on, redirected"},
		{"whatever the case", "ingress-nginx", nil, tls("s", "DITTO.example.COM"), "on, redirected"},
		{"a wildcard", "ingress-nginx", nil, tls("s", "*.example.com"), "on, redirected"},
		{"a wildcard of another domain", "ingress-nginx", nil, tls("s", "*.example.org"), "off, redirected"},
		{"a wildcard two labels up", "ingress-nginx", nil, tls("s", "*.com"), "off, redirected"},
		{"a certificate without hosts", "ingress-nginx", nil, tls("s"), "on, redirected"},
		{"hosts without a certificate", "ingress-nginx", nil, tls("", "ditto.example.com"), "unknown, redirected"},
		{"told not to redirect", "ingress-nginx", notes{"nginx.ingress.kubernetes.io/ssl-redirect": "false"}, own, "on, served"},
		{"not a boolean to ingress-nginx", "ingress-nginx", notes{"nginx.ingress.kubernetes.io/ssl-redirect": "no"}, own, "on, redirected"},
		{"forced", "ingress-nginx", notes{"nginx.ingress.kubernetes.io/force-ssl-redirect": "true", "nginx.ingress.kubernetes.io/ssl-redirect": "false"}, own, "on, redirected"},
		{"forced without a certificate", "ingress-nginx", notes{"nginx.ingress.kubernetes.io/force-ssl-redirect": "true"}, nil, "unknown, redirected"},
		{"passed through", "ingress-nginx", notes{"nginx.ingress.kubernetes.io/ssl-passthrough": "true"}, own, "unknown, redirected"},
		{"another controller's word", "ingress-nginx", notes{"nginx.org/ssl-redirect": "false"}, own, "on, redirected"},

		{"F5", "f5-nginx", nil, own, "on, redirected"},
		{"F5 and a wildcard", "f5-nginx", nil, tls("s", "*.example.com"), "off, served"},
		{"F5 and a certificate without hosts", "f5-nginx", nil, tls("s"), "off, served"},
		{"F5, told not to redirect", "f5-nginx", notes{"nginx.org/ssl-redirect": "False"}, own, "on, served"},
		{"F5 behind something that terminates TLS", "f5-nginx", notes{"nginx.org/redirect-to-https": "true"}, nil, "unknown, redirected"},
		{"a minion without its master", "f5-nginx", notes{"nginx.org/mergeable-ingress-type": "minion"}, own, "unknown, unknown"},

		{"HAProxy", "haproxy", nil, own, "on, redirected"},
		{"HAProxy without a certificate", "haproxy", nil, nil, "off, served"},
		{"HAProxy, told not to redirect by another prefix", "haproxy", notes{"ingress.kubernetes.io/ssl-redirect": "false"}, own, "on, served"},
		{"HAProxy, told neither", "haproxy", notes{"haproxy.org/ssl-redirect": "no"}, own, "on, unknown"},
		{"HAProxy, told to redirect without a certificate", "haproxy", notes{"haproxy.org/ssl-redirect": "true"}, nil, "unknown, redirected"},
		{"HAProxy hands on", "haproxy", notes{"haproxy.org/ssl-passthrough": "true"}, nil, "unknown, served, passthrough"},

		{"haproxy-ingress", "haproxy-ingress", nil, own, "on, redirected"},
		{"haproxy-ingress, told not to redirect", "haproxy-ingress", notes{"haproxy-ingress.github.io/ssl-redirect": "false"}, own, "on, served"},
		{"haproxy-ingress adds TLS", "haproxy-ingress", notes{"haproxy-ingress.github.io/ssl-always-add-https": "true"}, nil, "unknown, redirected"},

		{"Traefik's entry points", "traefik", nil, own, "on, unknown"},
		{"Traefik's entry points without a certificate", "traefik", nil, nil, "unknown, unknown"},
		{"a router for TLS", "traefik", notes{"traefik.ingress.kubernetes.io/router.tls": "true"}, own, "on, closed"},
		{"a router that gets its certificate", "traefik", notes{"traefik.ingress.kubernetes.io/router.tls": "true", "traefik.ingress.kubernetes.io/router.tls.certresolver": "le"}, nil, "on, closed"},
		{"the entry point websecure", "traefik", notes{"traefik.ingress.kubernetes.io/router.entrypoints": "websecure"}, own, "on, closed"},
		{"both entry points", "traefik", notes{"traefik.ingress.kubernetes.io/router.entrypoints": "web,websecure"}, own, "on, unknown"},
		{"the entry point web", "traefik", notes{"traefik.ingress.kubernetes.io/router.entrypoints": "web"}, own, "off, unknown"},

		{"Contour", "contour", nil, own, "on, served"},
		{"Contour, told to redirect", "contour", notes{"ingress.kubernetes.io/force-ssl-redirect": "true"}, own, "on, redirected"},
		{"Contour, told to in another word", "contour", notes{"ingress.kubernetes.io/force-ssl-redirect": "1"}, own, "on, served"},
		{"Contour without HTTP", "contour", notes{"kubernetes.io/ingress.allow-http": "false"}, own, "on, closed"},
		{"Kong", "kong", nil, own, "on, served"},
		{"Kong for HTTPS", "kong", notes{"konghq.com/protocols": "https"}, own, "on, closed"},
		{"Kong for both", "kong", notes{"konghq.com/protocols": "https, http"}, own, "on, served"},
		{"Kong, told to redirect", "kong", notes{"ingress.kubernetes.io/force-ssl-redirect": "true"}, nil, "unknown, redirected"},
		{"Istio", "istio", nil, own, "on, served"},

		{"an ALB", "alb", nil, own, "off, served"},
		{"an ALB with a certificate", "alb", notes{"alb.ingress.kubernetes.io/certificate-arn": "arn"}, nil, "on, closed"},
		{"an ALB with both ports", "alb", notes{"alb.ingress.kubernetes.io/listen-ports": `[{"HTTP":80},{"HTTPS":443}]`}, nil, "on, served"},
		{"an ALB that redirects", "alb", notes{"alb.ingress.kubernetes.io/listen-ports": `[{"HTTP":80,"HTTPS":443}]`, "alb.ingress.kubernetes.io/ssl-redirect": "443"}, nil, "on, redirected"},
		{"an ALB of several Ingresses", "alb", notes{"alb.ingress.kubernetes.io/listen-ports": `[{"HTTP":80},{"HTTPS":443}]`, "alb.ingress.kubernetes.io/group.name": "g"}, nil, "on, unknown"},
		{"an ALB with ports that are none", "alb", notes{"alb.ingress.kubernetes.io/listen-ports": "443"}, nil, "unknown, unknown"},
		{"GKE", "gce", nil, tls("s"), "on, served"},
		{"GKE without HTTP", "gce", notes{"kubernetes.io/ingress.allow-http": "false"}, tls("s"), "on, closed"},
		{"GKE and a FrontendConfig", "gce", notes{"networking.gke.io/v1beta1.FrontendConfig": "f"}, tls("s"), "on, unknown"},
		{"GKE and a managed certificate", "gce", notes{"networking.gke.io/managed-certificates": "c"}, nil, "on, served"},
		{"Azure", "agic", nil, own, "on, closed"},
		{"Azure, told to redirect", "agic", notes{"appgw.ingress.kubernetes.io/ssl-redirect": "true"}, own, "on, redirected"},
		{"Azure, told to redirect without a certificate", "agic", notes{"appgw.ingress.kubernetes.io/ssl-redirect": "true"}, nil, "off, served"},
		{"Azure and a certificate of the gateway", "agic", notes{"appgw.ingress.kubernetes.io/appgw-ssl-certificate": "c"}, nil, "on, closed"},

		{"OpenShift", "openshift", nil, own, "on, redirected"},
		{"OpenShift and its own certificate", "openshift", nil, tls(""), "on, redirected"},
		{"OpenShift terminates TLS by an annotation", "openshift", notes{"route.openshift.io/termination": "edge"}, nil, "on, redirected"},
		{"OpenShift speaks TLS on both sides", "openshift", notes{"route.openshift.io/termination": "reencrypt"}, nil, "on, redirected"},
		{"OpenShift and a word that it does not know", "openshift", notes{"route.openshift.io/termination": "none"}, nil, "off, served"},
		{"OpenShift hands on", "openshift", notes{"route.openshift.io/termination": "passthrough"}, own, "unknown, redirected, passthrough"},
		{"Cilium", "cilium", nil, own, "on, redirected"},
		{"Cilium, told not to redirect", "cilium", notes{"ingress.cilium.io/force-https": "disabled"}, own, "on, served"},
		{"Cilium, told not to redirect by a number", "cilium", notes{"ingress.cilium.io/force-https": "0"}, own, "on, served"},
		{"Cilium, told nothing that it reads", "cilium", notes{"ingress.cilium.io/force-https": "Disabled"}, own, "on, redirected"},
		{"Cilium and a wildcard", "cilium", nil, tls("s", "*.example.com"), "off, served"},
		{"Cilium and a certificate without hosts", "cilium", nil, tls("s"), "off, served"},
		{"Cilium, not told to hand on", "cilium", notes{"ingress.cilium.io/tls-passthrough": "Enabled"}, own, "on, redirected"},
		{"Cilium hands on by an older name", "cilium", notes{"io.cilium.ingress/tls-passthrough": "true"}, own, "unknown, closed, passthrough"},
		{"Cilium hands on", "cilium", notes{"ingress.cilium.io/tls-passthrough": "enabled"}, own, "unknown, closed, passthrough"},
		{"Alibaba", "alibaba-alb", nil, nil, "off, served"},
		{"Alibaba with a certificate", "alibaba-alb", nil, own, "on, unknown"},
		{"Alibaba, told to redirect", "alibaba-alb", notes{"alb.ingress.kubernetes.io/ssl-redirect": "true"}, own, "on, redirected"},

		{"nobody knows", tri.Unknown, nil, own, "on, unknown"},
		{"nobody knows, and nothing is said", tri.Unknown, nil, nil, "off, served"},
		{"what no controller reads changes nothing", tri.Unknown, notes{"example.com/tls": "on"}, nil, "off, served"},
		{"one of several would speak TLS", tri.Unknown, notes{aws.PrefixALB + "certificate-arn": "c", "konghq.com/x": "y"}, nil, "unknown, unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := served(tt.controller, tt.notes)
			in.Ingress.Spec.TLS = tt.tls
			got := readTransport(in, "ditto.example.com")
			said := got.TLS.State + ", " + got.Plain.State
			if got.Passthrough {
				said += ", passthrough"
			}
			if said != tt.want {
				t.Errorf("got %s, want %s: %+v", said, tt.want, got)
			}
			if got.Fix.Advice == "" && (got.TLS.State == tri.Off || got.Plain.State == way.PlainServed) {
				t.Error("no advice")
			}
		})
	}
}

func TestReadTransport_RulesWithoutAHost(t *testing.T) {
	in := served("ingress-nginx", nil)
	for want, tls := range map[string][]networkingv1.IngressTLS{
		tri.Off: nil, tri.On: {{SecretName: "s"}}, tri.Unknown: {{SecretName: "s", Hosts: []string{"ditto.example.com"}}},
	} {
		in.Ingress.Spec.TLS = tls
		if got := readTransport(in, "").TLS.State; got != want {
			t.Errorf("%v: %s, want %s", tls, got, want)
		}
	}
}

// Two Ingresses of a host share its certificate where the controller makes one virtual server of them.
func TestReadTransport_Neighbours(t *testing.T) {
	neighbour := &networkingv1.Ingress{Spec: networkingv1.IngressSpec{TLS: []networkingv1.IngressTLS{{SecretName: "s", Hosts: []string{"ditto.example.com"}}}}}
	got := map[string]string{}
	for _, c := range table {
		if c.Name == "tailscale" {
			continue // which has a certificate for every Ingress
		}
		in := served(c.Name, nil)
		in.Neighbours = map[string][]*networkingv1.Ingress{"ditto.example.com": {neighbour}}
		if tr := readTransport(in, "ditto.example.com"); tr.TLS.State == tri.On {
			got[c.Name] = tr.Plain.State
			if !c.SharesTLS {
				t.Errorf("%s is not asked for neighbours", c.Name)
			}
		}
	}
	// HAProxy's controller redirects for the Ingress that has spec.tls alone.
	want := map[string]string{"ingress-nginx": way.PlainRedirected, "haproxy": way.PlainServed, "haproxy-ingress": way.PlainRedirected}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBalancer(t *testing.T) {
	const cert, ports = "service.beta.kubernetes.io/aws-load-balancer-ssl-cert", "service.beta.kubernetes.io/aws-load-balancer-ssl-ports"
	for _, tt := range []struct {
		name   string
		notes  notes
		clouds []string
		want   string
	}{
		{"nothing", nil, nil, tri.Off},
		{"a certificate", notes{cert: "arn"}, nil, tri.On},
		{"a certificate for the port", notes{cert: "arn", ports: "80, 443"}, nil, tri.On},
		{"a certificate for the port by name", notes{cert: "arn", ports: "https"}, nil, tri.On},
		{"a certificate for another port", notes{cert: "arn", ports: "8443"}, nil, tri.Off},
		{"a port without a certificate", notes{ports: "443"}, nil, tri.Off},
		{"a cloud that is named", notes{cert: "arn"}, []string{"gcp", "aws"}, tri.On},
		{"a cloud that is not named", notes{cert: "arn"}, []string{"gcp"}, tri.Off},
		{"Oracle wants the port said", notes{"service.beta.kubernetes.io/oci-load-balancer-tls-secret": "s"}, nil, tri.Off},
		{"DigitalOcean takes 443", notes{"service.beta.kubernetes.io/do-loadbalancer-certificate-id": "c"}, nil, tri.On},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := way.Balancer(tt.notes, 443, "https", tt.clouds); got.State != tt.want {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}
