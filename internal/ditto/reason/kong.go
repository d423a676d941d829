package reason

// kong are the reasons of Kong, for Ingresses and routes of the Gateway API.
var kong = []Reason{
	{"kong-plugin-from-secret", "%s takes its configuration from a Secret", byHand},
	{"kong-plugin-for-some-protocols", "%s is for some protocols only", always},
	{"kong-limit-by-header", "%s counts by a header, and whether clients control it cannot be seen", elsewhere},
	{"kong-certificate-for-host", "Kong terminates TLS for the host, and with which certificate cannot be seen",
		certificate},
	{"kong-stream-listen", "whether Kong terminates TLS on this port is set in its configuration (stream_listen)",
		elsewhere},
	{"kong-some-addresses", "%s lets in some addresses only, and whether these include clients cannot be determined",
		elsewhere},
	{"kong-plugin-not-read", "%s is a %s, and what that does cannot be seen", byHand},
	{"kong-override", "%soverride names a KongIngress, which is not read", byHand},
	{
		"kong-authentication-from-secret",
		"%s takes its configuration from a Secret, which may let clients in without credentials", byHand,
	},
	{"kong-rewrite", "what konghq.com/rewrite leads to cannot be determined", plainPath},
	{"kong-version-headers", "what becomes of Server and version headers cannot be determined from the Ingress",
		elsewhere},
	{"kong-strip-expression", "konghq.com/strip-path cuts off what a regular expression matched", plainPath},
	{
		"kong-several-services",
		"Kong serves the rule only if its Services have the same konghq.com/ annotations, and they do not",
		"Give its Services the same konghq.com/ annotations.",
	},
	{
		"kong-services-of-several-namespaces",
		"its Services are of several namespaces, and which of the plugins that they name count is not evaluated",
		"Let konghq.com/plugins name the plugins with their namespace, as `namespace:name`.",
	},
	{"kong-certificate", "the certificate is Kong's own, which cannot be seen", certificate},
	{"kong-transformer-from-secret", "%s takes its configuration from a Secret, and is not read", byHand},
}
