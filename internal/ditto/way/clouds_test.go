package way

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func loadBalancer(class string, annotations map[string]string) *corev1.Service {
	svc := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "ns", Annotations: annotations},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer},
	}
	if class != "" {
		svc.Spec.LoadBalancerClass = &class
	}
	return svc
}

func TestPublicness(t *testing.T) {
	const (
		awsLBC     = "service.k8s.aws/nlb"
		azure      = "service.beta.kubernetes.io/azure-load-balancer-internal"
		gke, oldGK = "networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type"
		openstack  = "service.beta.kubernetes.io/openstack-internal-load-balancer"
		ali        = "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-"
		oldAli     = "service.beta.kubernetes.io/alicloud-loadbalancer-"
		ociLB      = "service.beta.kubernetes.io/oci-load-balancer-internal"
		ociNLB     = "oci-network-load-balancer.oraclecloud.com/internal"
		ociType    = "oci.oraclecloud.com/load-balancer-type"
		do         = "service.beta.kubernetes.io/do-loadbalancer-network"
		ibm        = "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type"
		subnet     = "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid"
		autocreate = "kubernetes.io/elb.autocreate"
	)
	type notes = map[string]string
	for _, tt := range []struct {
		name     string
		class    string
		notes    notes
		clouds   []string
		internal bool
		why      string
	}{
		{name: "a Service without markers is public", why: "no internal load balancer marker"},
		{name: "a class that no cloud knows makes all markers inert", class: "metallb.io/metallb", notes: notes{azure: "true"},
			why: `no internal marker counts for loadBalancerClass "metallb.io/metallb"`},
		{name: "an address pool of MetalLB is no marker", notes: notes{"metallb.io/address-pool": "internal"}, why: "no internal load balancer marker"},

		{name: "AWS takes true for internal", notes: notes{awsInternal: "true"}, internal: true, why: awsInternal + ` is set and not "false"`},
		{name: "AWS takes 0.0.0.0/0 for internal", notes: notes{awsInternal: "0.0.0.0/0"}, internal: true, why: awsInternal + ` is set and not "false"`},
		{name: "AWS takes False for internal", notes: notes{awsInternal: "False"}, internal: true, why: awsInternal + ` is set and not "false"`},
		{name: "AWS takes exactly false for public", notes: notes{awsInternal: "false"}, why: awsInternal + ` is "false"`},
		{name: "AWS takes an empty value for absent", notes: notes{awsInternal: ""}, why: "no internal load balancer marker"},
		{name: "the built-in controller of AWS ignores the scheme", notes: notes{awsScheme: "internal"}, why: "no internal load balancer marker"},
		{name: "an NLB of the built-in controller is read by it", notes: notes{awsType: "nlb", awsInternal: "yes"}, internal: true,
			why: awsInternal + ` is set and not "false"`},

		{name: "the AWS controller reads the scheme", class: awsLBC, notes: notes{awsScheme: "internal"}, internal: true, why: awsScheme + ` is "internal"`},
		{name: "the class of EKS Auto Mode reads the scheme", class: "eks.amazonaws.com/nlb", notes: notes{awsScheme: "internal"}, internal: true,
			why: awsScheme + ` is "internal"`},
		{name: "the type annotation selects the AWS controller", notes: notes{awsType: "external", awsScheme: "internal"}, internal: true,
			why: awsScheme + ` is "internal"`},
		{name: "the scheme wins over the older annotation", class: awsLBC, notes: notes{awsScheme: "internet-facing", awsInternal: "true"},
			why: awsScheme + ` is not "internal"`},
		{name: "the AWS controller parses the older annotation as a boolean", class: awsLBC, notes: notes{awsInternal: "1"}, internal: true,
			why: awsInternal + " is true"},
		{name: "what is no boolean to the AWS controller is public", notes: notes{awsType: "nlb-ip", awsInternal: "0.0.0.0/0"}, why: awsInternal + " is not true"},
		{name: "an absent scheme shows nothing about an existing NLB", class: awsLBC,
			why: "the AWS Load Balancer Controller keeps the scheme of an existing load balancer, so only " + awsScheme + ": internal shows that it is internal"},

		{name: "GKE reads Internal", notes: notes{gke: "Internal"}, internal: true, why: gke + ` is "Internal"`},
		{name: "GKE reads internal", notes: notes{oldGK: "internal"}, internal: true, why: oldGK + ` is "Internal"`},
		{name: "GKE reads no other case", notes: notes{gke: "INTERNAL"}, why: gke + ` is not "Internal"`},
		{name: "the first of GKE's two annotations decides", notes: notes{gke: "External", oldGK: "Internal"}, why: gke + ` is not "Internal"`},
		{name: "GKE's external class wins over the annotation", class: gcpExternalClass, notes: notes{gke: "Internal"}, why: "loadBalancerClass is " + gcpExternalClass},
		{name: "GKE's internal class is internal", class: gcpInternalClass, internal: true, why: "loadBalancerClass is " + gcpInternalClass},

		{name: "Azure reads true", notes: notes{azure: "true"}, internal: true, why: azure + ` is "true"`},
		{name: "Azure takes True for public", notes: notes{azure: "True"}, why: azure + ` is not exactly "true"`},
		{name: "Azure takes 1 for public", notes: notes{azure: "1"}, why: azure + ` is not exactly "true"`},
		{name: "OpenStack reads true", notes: notes{openstack: "true"}, internal: true, why: openstack + ` is "true"`},
		{name: "OpenStack takes TRUE for public", notes: notes{openstack: "TRUE"}, why: openstack + ` is not exactly "true"`},

		{name: "Alibaba reads intranet", notes: notes{ali + "address-type": "intranet"}, internal: true, why: ali + `address-type is "intranet"`},
		{name: "Alibaba reads the older prefix", notes: notes{oldAli + "address-type": "intranet"}, internal: true, why: oldAli + `address-type is "intranet"`},
		{name: "Alibaba's newer prefix comes first", notes: notes{ali + "address-type": "internet", oldAli + "address-type": "intranet"},
			why: ali + `address-type is not exactly "intranet"`},
		{name: "Alibaba minds the case", notes: notes{ali + "address-type": "Intranet"}, why: ali + `address-type is not exactly "intranet"`},
		{name: "an existing load balancer of Alibaba's shows nothing", notes: notes{ali + "id": "lb-1", ali + "address-type": "intranet"},
			why: ali + "id names an existing load balancer, whose address type is not visible"},

		{name: "Tencent takes any subnet for internal", notes: notes{subnet: "subnet-1"}, internal: true, why: subnet + " names a subnet"},
		{name: "Tencent takes an empty subnet for none", notes: notes{subnet: ""}, why: "no internal load balancer marker"},
		{name: "an existing load balancer of Tencent's shows nothing", notes: notes{subnet: "subnet-1", "service.kubernetes.io/tke-existed-lbid": "lb-1"},
			why: "service.kubernetes.io/tke-existed-lbid names an existing load balancer, whose network is not visible"},
		{name: "Tencent's open controller reads a type", notes: notes{"service.beta.kubernetes.io/tencentcloud-loadbalancer-type": "private"}, internal: true,
			why: `service.beta.kubernetes.io/tencentcloud-loadbalancer-type is "private"`},

		{name: "IBM reads private", notes: notes{ibm: "private"}, internal: true, why: ibm + ` is "private"`},
		{name: "IBM reads public", notes: notes{ibm: "public"}, why: ibm + ` is not exactly "private"`},

		{name: "OCI parses a boolean", notes: notes{ociLB: "T"}, internal: true, why: ociLB + " is true"},
		{name: "OCI refuses what is none", notes: notes{ociLB: "yes"}, why: ociLB + " is not true"},
		{name: "OCI ignores the annotation of the other kind", notes: notes{ociNLB: "true"}, why: "no internal load balancer marker"},
		{name: "OCI reads the network load balancer's annotation", notes: notes{ociType: "NLB", ociNLB: "true"}, internal: true, why: ociNLB + " is true"},
		{name: "OCI's network load balancer ignores the other annotation", notes: notes{ociType: "nlb", ociLB: "true"}, why: "no internal load balancer marker"},

		{name: "DigitalOcean reads INTERNAL", notes: notes{do: "INTERNAL"}, internal: true, why: do + ` is "INTERNAL"`},
		{name: "DigitalOcean minds the case", notes: notes{do: "internal"}, why: do + ` is not exactly "INTERNAL"`},

		{name: "Huawei reads inner", notes: notes{autocreate: `{"type":"inner"}`}, internal: true, why: autocreate + ` has type "inner"`},
		{name: "Huawei reads public", notes: notes{autocreate: `{"type":"public"}`}, why: autocreate + ` has not type "inner"`},
		{name: "Huawei's JSON has to be JSON", notes: notes{autocreate: `type: inner`}, why: autocreate + ` has not type "inner"`},
		{name: "an elastic address makes Huawei's public", notes: notes{autocreate: `{"type":"inner"}`, "kubernetes.io/elb.eip-id": "e"},
			why: "kubernetes.io/elb.eip-id gives it a public address"},
		{name: "an existing load balancer of Huawei's shows nothing", notes: notes{"kubernetes.io/elb.id": "e"},
			why: "kubernetes.io/elb.id names an existing load balancer, whose type is not visible"},
		{name: "Baidu reads true", notes: notes{"service.beta.kubernetes.io/cce-load-balancer-internal-vpc": "true"}, internal: true,
			why: `service.beta.kubernetes.io/cce-load-balancer-internal-vpc is "true"`},
		{name: "NAVER reads true", notes: notes{"service.beta.kubernetes.io/ncloud-load-balancer-internal": "true"}, internal: true,
			why: `service.beta.kubernetes.io/ncloud-load-balancer-internal is "true"`},

		{name: "a marker of another cloud than the configured one is inert", notes: notes{azure: "true"}, clouds: []string{"aws", "gcp"},
			why: "no internal marker of aws, gcp"},
		{name: "a public marker of another cloud than the configured one is inert", notes: notes{azure: "true", do: "EXTERNAL"}, clouds: []string{"azure"},
			internal: true, why: azure + ` is "true"`},
		{name: "markers that contradict each other mean public", notes: notes{azure: "true", do: "EXTERNAL"},
			why: `markers contradict each other: ` + azure + ` is "true", but ` + do + ` is not exactly "INTERNAL"`},
		{name: "an unknown cloud believes nothing", notes: notes{azure: "true"}, clouds: []string{"mars"}, why: "no internal marker of mars"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Publicness(loadBalancer(tt.class, tt.notes), tt.clouds)
			if want := (Verdict{Public: !tt.internal, Why: tt.why}); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func FuzzPublicness(f *testing.F) {
	for _, c := range clouds {
		f.Add(c.name, "kubernetes.io/elb.autocreate", `{"type":1}`, "service.k8s.aws/nlb")
	}
	f.Fuzz(func(t *testing.T, cloud, key, value, class string) {
		v := Publicness(loadBalancer(class, map[string]string{key: value}), []string{cloud})
		if v.Why == "" || strings.Contains(v.Why, "\n") && !strings.Contains(cloud, "\n") {
			t.Errorf("no reason in one line: %q", v.Why)
		}
	})
}
