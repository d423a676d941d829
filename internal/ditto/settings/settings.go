// Package settings says how a container that runs a part of Ditto is effectively configured: what Ditto will read, from
// the environment, JVM options and mounted files that the pod gives it, in Ditto's own order of precedence.
//
// Strongest first (RawConfigSupplier, ServiceSpecificEnvironmentConfigSupplier and DittoConfigFactory in Ditto's
// internal/utils/config, with the semantics of Typesafe Config 1.4):
//
//  1. CONFIG_FORCE_* variables, if the JVM has -Dconfig.override_with_env_vars=true
//  2. system properties: JAVA_TOOL_OPTIONS < JDK_JAVA_OPTIONS < the java command line < _JAVA_OPTIONS
//  3. the file HOSTING_ENVIRONMENT_FILE_LOCATION where HOSTING_ENVIRONMENT is `filebased`, or the development profile
//     where it is none of production, docker, cloud and filebased
//  4. /opt/ditto/<service>-extension.conf
//  5. the substitutions of the service's own configuration: environment variables, files under /run/secrets
//  6. the service's own configuration
//
// A substitution `${?NAME}` looks for NAME as a path in all files and among the system properties before it looks at
// the environment: -DENABLE_DUMMY_AUTH=true counts as the variable does.
//
// Read are releases since 3.0; see Release.
//
// Known, absent, unknown: a ConfigMap or Secret that was not found makes what it decides unknown, optional or not. One
// that is at hand without the key is known to lack it: an optional reference then sets nothing, while one that is not
// optional keeps the container from starting, which is reported as unknown. Assumed is Ditto's own image: what it sets
// (HOSTING_ENVIRONMENT=Docker, HTTP_PORT=8080), its command, and no configuration files of its own in /opt/ditto and
// /run/secrets. Where the pod adds to the class path what cannot be read, what nothing else sets is unknown.
package settings

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The services of Ditto by the name of their configuration files: gateway.conf, gateway-extension.conf.
const (
	Gateway      = "gateway"
	Policies     = "policies"
	Things       = "things"
	Search       = "search"
	Connectivity = "connectivity"
)

// Settings answers what one container's Ditto reads. What it needs it reads when it is asked, and remembers. It is not
// safe for concurrent use.
type Settings struct {
	reader    inventory.Reader
	namespace string
	pod       *corev1.PodTemplateSpec
	container *corev1.Container
	service   string
	cache     *Cache

	arguments *arguments
	force     *hocon.Answer
	profile   *profile
	dotted    *[]string
	classPath *classPath
	// documents are the parsed files: those of filebased, the extension, and -Dconfig.file.
	documents [documentCount]*document
}

// Read prepares the settings of a container of a pod in the namespace. service is one of the names above; with another
// name, a file that is mounted beneath /opt/ditto leaves everything unknown that it may set.
func Read(r inventory.Reader, namespace string, pod *corev1.PodTemplateSpec, container *corev1.Container,
	service string) *Settings {
	return (*Cache)(nil).Read(r, namespace, pod, container, service)
}
