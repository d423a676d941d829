// Package published lists the passwords that stand in Ditto's own code, samples and documentation. Whoever reads those
// knows them, so a gateway or a proxy that is configured with one of them is open.
package published

import "slices"

// Pair is a user name and a password that were published together.
type Pair struct{ User, Password string }

// Published returns every published password once, most likely first: passwords of Ditto, then words that
// administrators put where the samples ask for a password. The caller owns the slice.
//
// Sources, in the repository eclipse-ditto/ditto (release 3.9.6):
//   - ditto: deployment/docker/nginx.htpasswd (also kubernetes and openshift), helm/ditto/local-values.yaml,
//     values.yaml
//   - foobar: gateway/service/src/main/resources/gateway.conf (devops), DevOpsConfig.java, docker/README.md
//   - status: gateway/service/src/main/resources/gateway.conf (statusPassword)
//   - dittoPW1!: deployment/openshift/ditto/ditto-cluster.yaml
//   - devopsPw1!: documentation pages installation-operating and operating-configuration
//   - janesPw: deployment/helm/ditto/values.yaml (basicAuthUsers, existingSecret)
//   - mongodb-secret-pw, mongodb-admin-secret-pw: deployment/openshift/README.md
//   - secret: benchmark-tool/README-artillery.md (DITTO_DEVOPS_PASSWORD)
//   - devops, password, admin, changeme: nowhere in Ditto; the user name of the DevOps commands, and the first words
//     that anyone tries
func Published() []string {
	return []string{
		"ditto", "foobar", "status", "dittoPW1!", "devopsPw1!", "janesPw",
		"mongodb-secret-pw", "mongodb-admin-secret-pw", "secret",
		"devops", "password", "admin", "changeme",
	}
}

// Pairs returns the users and passwords that were published together, so that the cheap and likely guesses come first.
// The sources are those of [Published]. The caller owns the slice.
func Pairs() []Pair {
	return []Pair{
		{"ditto", "ditto"},
		{"devops", "foobar"},
		// the status password belongs to the user devops too: DevopsAuthenticationDirectiveFactory
		{"devops", "status"},
		{"devops", "dittoPW1!"},
		{"devops", "devopsPw1!"},
		{"jane", "janesPw"},
		{"mongodb-user", "mongodb-secret-pw"},
		{"admin", "mongodb-admin-secret-pw"},
		{"devops", "secret"},
	}
}

// Is says whether the password is a published one. An empty password is: nobody has to be told it.
func Is(password string) bool {
	return password == "" || slices.Contains(Published(), password)
}
