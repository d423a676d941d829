package reason

// What settles reasons inside Ditto and its proxies.
const (
	written    = "Write the value into the container's environment, or into a ConfigMap that is judged with it."
	mounted    = "Mount the file from a ConfigMap or a Secret, so that it can be read."
	released   = "Give the image a tag that is a version of Ditto."
	told       = "Name the container, its image or its ports as Ditto's chart does."
	plain      = "Write it in plain text, if it is none."
	plainValue = "Write it with values that do not depend on the request."
	readable   = "Give dittoguard, or whoever runs it, the right to list them; /readyz says what is wrong."
	upgraded   = "Upgrade Ditto to a release that dittoguard knows."
	client     = "Name the workload in edges.clients of the configuration, if it forwards no requests of others."
	hashed     = "Store the password as a hash that is checked, such as bcrypt of cost 12 at most."
	later      = "It is decided with the next request, or in the next full audit."
	decrypted  = "Nothing has to be changed: what is in it is judged when it is in the cluster, by the webhook and by the audit."
	piped      = "Render it as the message says, and judge what comes out."
	converted  = "Write the object in a version that is read."
)

// inside are the reasons of what lies behind an entry: proxies, and the settings of Ditto.
var inside = []Reason{
	{"database-of-unclear-part", "it is unclear which part of Ditto this is, and so whether it uses a database", told},
	{"nginx-include-not-found", "include %s at %s was not found", present},
	{
		"connection-header",
		"%s drops its own header again if the request says so, and whether %s lets a request say so cannot be told",
		byHand,
	},
	{"nginx-directive-may-set-header", "%s at %s is not read, and may set the header", byHand},
	{"nginx-zone-not-found", "%s at %s names a zone that was not found", present},
	{"nginx-zone-not-understood", "%s_zone at %s is not understood", plainValue},
	{"nginx-zone-counts-some", "%s_zone at %s does not count requests%s", always},
	{"nginx-zone-key-not-known", "what the key of %s_zone at %s holds is not known", plainValue},
	{
		"path-as-written-not-known",
		"whether paths are forwarded as clients write them, which Ditto then reads in its own way, is unknown of %s",
		byHand,
	},
	{"asks-not-known", "%s asks a service, and %s", byHand},
	{"asked-service-not-known", "whether %s answers %s to everyone is unknown: %s", byHand},
	{
		"asked-service-identity-not-known",
		"whether %s believes the identity that the client's own request names is unknown: %s", byHand,
	},
	{"property-at-run-time", "-D%s is known only at run time", written},
	{"class-path-order", "%s is on the class path and says otherwise; which of them counts depends on its order",
		byHand},
	{"value-at-run-time", "%s is known only at run time", written},
	{"list-too-long", "the list of variables %s_0 is too long", fewer},
	{"release-not-known", "it is unclear whether this is a Ditto before %s, which reads %s", released},
	{"substitutions-in-a-circle", "its substitutions form a circle", mended},
	{"default-not-known", "dittoguard does not know what Ditto's own configuration has at %s", written},
	{"config-aliases", "CONFIG_ALIASES may set %s", written},
	{"mongodb-uri-broken", "%s is not a MongoDB connection string: %s", mended},
	{"secret-file-not-known", "it is unclear which file holds the secret %s", written},
	{"secret-file-at-run-time", "which file holds the secret %s is known only at run time", written},
	{"secret-file-of-the-image", "only the image can hold %s", mounted},
	{"value-is-secret", "%s is a secret", plain},
	{"value-of-another-type", "%s does not hold %s; Ditto does not start", mended},
	{"limit-not-read", "whether %s limits requests is not read", byHand},
	{"tls-not-read", "what %s does about TLS is not read", byHand},
	{"kind-not-readable", "objects of kind %s cannot be read; some may lead to it", readable},
	{"policies-not-readable", "objects of kind %s cannot be read, and can change what happens to requests", readable},
	{"policy-not-read", "%s is not read (%s), and can change what happens to requests", byHand},
	{
		"too-many-steps",
		"not every way in was followed: some have more than %d steps, or there are too many (at %s); put fewer proxies and aliases in front of it", fewer,
	},
	{"too-many-routes", "more than %d routes of %s lead to it, and no more are followed; reduce their number", fewer},
	{"kind-not-read", "objects of this kind are not read", byHand},
	{"version-not-read", "version %s of this kind is not read (only %s)", converted},
	{"former-group-not-read", "%s of this kind is not read (only %s/%s)", converted},
	{"object-not-readable", "it cannot be read: %s", mended},
	{"network-policies-not-readable", "the NetworkPolicies of namespace %s cannot be read", readable},
	{"other-policies-not-evaluated", "%s (%s) may open or close the port, and is not evaluated", byHand},
	{"too-many-references", "it has too many references, or they are too long", fewer},
	{"parts-not-read", "%s are not read", byHand},
	{"pod-not-valid", "%s, and what runs in it cannot be determined, since a template in it is not valid (%v); %s",
		mended},
}
