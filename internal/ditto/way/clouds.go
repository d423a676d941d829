package way

import (
	"encoding/json"
	"strconv"
	"strings"
)

// opinion is what the annotations of a Service say to one cloud.
type opinion struct {
	// says is silent if the cloud finds no marker.
	says marker
	why  string
}

type marker int

const (
	silent marker = iota
	saysInternal
	saysPublic
)

// LoadBalancer is a Service of type LoadBalancer as clouds look at it.
type LoadBalancer struct {
	Annotations map[string]string
	// Class is spec.loadBalancerClass; a cloud's built-in controller leaves a Service with any class alone.
	Class string
}

func (b LoadBalancer) get(key string) (string, bool) {
	value, ok := b.Annotations[key]
	return value, ok
}

// cloud is one row of the table of clouds.
type cloud struct {
	name string
	// read is asked only if the Service has no class, or one of these.
	classes []string
	read    func(LoadBalancer) opinion
}

// clouds is the table, never changed. Sources: the load balancer code or manual of each cloud's controller, named at
// the functions. MetalLB has no row: there an address pool decides, which no annotation marks as internal.
var clouds = []cloud{
	{"aws", awsControllerClasses(), readAWS},
	{"gcp", []string{gcpInternalClass, gcpExternalClass}, readGCP},
	{"azure", nil, exactly("service.beta.kubernetes.io/azure-load-balancer-internal", "true")},
	{"openstack", nil, exactly("service.beta.kubernetes.io/openstack-internal-load-balancer", "true")},
	{"alibaba", []string{"alibabacloud.com/clb", "alibabacloud.com/nlb"}, readAlibaba},
	{"tencent", nil, readTencent},
	{"ibm", nil, exactly("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private")},
	{"oci", nil, readOCI},
	{"digitalocean", nil, exactly("service.beta.kubernetes.io/do-loadbalancer-network", "INTERNAL")},
	{"huawei", nil, readHuawei},
	{"baidu", nil, exactly("service.beta.kubernetes.io/cce-load-balancer-internal-vpc", "true")},
	{"naver", nil, exactly("service.beta.kubernetes.io/ncloud-load-balancer-internal", "true")},
}

// CloudNames are the names of the clouds whose markers are known.
func CloudNames() []string {
	var names []string
	for _, c := range clouds {
		names = append(names, c.name)
	}
	return names
}

// exactly is a cloud that compares the annotation with one value, case and all; any other value is public.
func exactly(key, internal string) func(LoadBalancer) opinion {
	return func(b LoadBalancer) opinion {
		value, ok := b.get(key)
		switch {
		case !ok || value == "":
			return opinion{}
		case value == internal:
			return opinion{saysInternal, key + " is " + strconv.Quote(internal)}
		}
		return opinion{saysPublic, key + " is not exactly " + strconv.Quote(internal)}
	}
}

const (
	awsInternal = "service.beta.kubernetes.io/aws-load-balancer-internal"
	awsScheme   = "service.beta.kubernetes.io/aws-load-balancer-scheme"
	awsType     = "service.beta.kubernetes.io/aws-load-balancer-type"
)

// The second class is the one of EKS Auto Mode.
func awsControllerClasses() []string { return []string{"service.k8s.aws/nlb", "eks.amazonaws.com/nlb"} }

// readAWS tells the built-in controller (cloud-provider-aws) from the AWS Load Balancer Controller by the class or the
// type annotation, and reads the annotations as that one does.
func readAWS(b LoadBalancer) opinion {
	if kind := b.Annotations[awsType]; b.Class != "" || kind == "external" || kind == "nlb-ip" {
		return readAWSController(b)
	}
	// Any value but the empty one and exactly "false" means internal: "False", "0" and "no" too
	// (cloud-provider-aws pkg/providers/v1/aws.go).
	switch value := b.Annotations[awsInternal]; value {
	case "":
		return opinion{}
	case "false":
		return opinion{saysPublic, awsInternal + ` is "false"`}
	}
	return opinion{saysInternal, awsInternal + ` is set and not "false"`}
}

// readAWSController reads the annotations as the AWS Load Balancer Controller does. It makes a *new* NLB internal if no
// scheme is given, but leaves an existing one as it is. An absent scheme is not taken for internal here: who creates
// the Service internet-facing and takes the annotation away later keeps a public load balancer, and neither the object
// nor its status would show it. Writing `scheme: internal` costs one line and changes nothing for an internal one.
func readAWSController(b LoadBalancer) opinion {
	if value, ok := b.get(awsScheme); ok {
		if value == "internal" {
			return opinion{saysInternal, awsScheme + ` is "internal"`}
		}
		return opinion{saysPublic, awsScheme + ` is not "internal"`}
	}
	if value, ok := b.get(awsInternal); ok {
		internal, err := strconv.ParseBool(value)
		if err == nil && internal {
			return opinion{saysInternal, awsInternal + " is true"}
		}
		return opinion{saysPublic, awsInternal + " is not true"}
	}
	if b.Class != "" || b.Annotations[awsType] != "" {
		return opinion{saysPublic,
			"the AWS Load Balancer Controller keeps the scheme of an existing load balancer, so only " +
				awsScheme + ": internal shows that it is internal"}
	}
	return opinion{}
}

const (
	gcpInternalClass = "networking.gke.io/l4-regional-internal"
	gcpExternalClass = "networking.gke.io/l4-regional-external"
)

// readGCP follows ingress-gce pkg/l4/annotations: the class wins; otherwise the first of the two annotations that is
// there decides, spelt `Internal` or `internal` and no other way.
func readGCP(b LoadBalancer) opinion {
	switch b.Class {
	case gcpInternalClass:
		return opinion{saysInternal, "loadBalancerClass is " + b.Class}
	case gcpExternalClass:
		return opinion{saysPublic, "loadBalancerClass is " + b.Class}
	}
	for _, key := range []string{"networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type"} {
		value, ok := b.get(key)
		if !ok {
			continue
		}
		if value == "Internal" || value == "internal" {
			return opinion{saysInternal, key + ` is "Internal"`}
		}
		return opinion{saysPublic, key + ` is not "Internal"`}
	}
	return opinion{}
}

// readAlibaba: the newer prefix is looked at first, and a load balancer that already exists keeps its address type
// (cloud-provider-alibaba-cloud docs/usage.md).
func readAlibaba(b LoadBalancer) opinion {
	for _, prefix := range []string{
		"service.beta.kubernetes.io/alibaba-cloud-loadbalancer-", "service.beta.kubernetes.io/alicloud-loadbalancer-",
	} {
		if b.Annotations[prefix+"id"] != "" {
			return opinion{saysPublic, prefix + "id names an existing load balancer, whose address type is not visible"}
		}
	}
	if o := exactly("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type",
		"intranet")(b); o.says != silent {
		return o
	}
	return exactly("service.beta.kubernetes.io/alicloud-loadbalancer-address-type", "intranet")(b)
}

// readTencent: TKE's own controller takes any subnet id for internal, the open one a type
// (cloud.tencent.com/document/product/457/51258; tencentcloud-cloud-controller-manager).
func readTencent(b LoadBalancer) opinion {
	const existing = "service.kubernetes.io/tke-existed-lbid"
	if b.Annotations[existing] != "" {
		return opinion{saysPublic, existing + " names an existing load balancer, whose network is not visible"}
	}
	typed := exactly("service.beta.kubernetes.io/tencentcloud-loadbalancer-type", "private")(b)
	const subnet = "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid"
	if typed.says == silent && b.Annotations[subnet] != "" {
		return opinion{saysInternal, subnet + " names a subnet"}
	}
	return typed
}

// readOCI: each kind of load balancer has an annotation of its own and ignores the other one's; a value that ParseBool
// does not read is an error (oci-cloud-controller-manager load_balancer_spec.go).
func readOCI(b LoadBalancer) opinion {
	key := "service.beta.kubernetes.io/oci-load-balancer-internal"
	if strings.EqualFold(b.Annotations["oci.oraclecloud.com/load-balancer-type"], "nlb") {
		key = "oci-network-load-balancer.oraclecloud.com/internal"
	}
	value, ok := b.get(key)
	if !ok {
		return opinion{}
	}
	if internal, err := strconv.ParseBool(value); err == nil && internal {
		return opinion{saysInternal, key + " is true"}
	}
	return opinion{saysPublic, key + " is not true"}
}

// readHuawei: CCE reads JSON; an existing load balancer shows nothing. The open controller makes a load balancer public
// exactly if it gets an elastic address (support.huaweicloud.com cce_10_0385; cloud-provider-huaweicloud).
func readHuawei(b LoadBalancer) opinion {
	for _, key := range []string{"kubernetes.io/elb.eip-id", "kubernetes.io/elb.eip-auto-create-option"} {
		if b.Annotations[key] != "" {
			return opinion{saysPublic, key + " gives it a public address"}
		}
	}
	if b.Annotations["kubernetes.io/elb.id"] != "" {
		return opinion{saysPublic, "kubernetes.io/elb.id names an existing load balancer, whose type is not visible"}
	}
	const key = "kubernetes.io/elb.autocreate"
	value, ok := b.get(key)
	if !ok {
		return opinion{}
	}
	var create struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal([]byte(value), &create); err == nil && create.Type == "inner" {
		return opinion{saysInternal, key + ` has type "inner"`}
	}
	return opinion{saysPublic, key + ` has not type "inner"`}
}
