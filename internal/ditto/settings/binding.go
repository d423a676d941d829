package settings

// Binding is a setting of Ditto: where it lies, and what Ditto's own configuration says of it.
type Binding struct {
	// Path is the setting's path in the configuration, and the name of the system property that sets it.
	Path string
	// Refs are the substitutions of the service's configuration, in their order, so that a later one beats an earlier
	// one: names of environment variables, or paths.
	Refs []string
	// Until says of substitutions since which release they are no longer there.
	Until map[string]Release
	// Formerly is the path before Ditto 3.4.
	Formerly string
	// Default is the value that the service's configuration begins with, if HasDefault.
	Default    string
	HasDefault bool
	// OfImage says that the image sets one of the variables in Refs to the default.
	OfImage bool
	// List says that the value is a list of texts. Its default is the empty list.
	List bool
	// Secret says that the value is never shown.
	Secret bool
	// Development holds what the development profile of a service says: <service>-dev.conf.
	Development map[string]Assigned
}

// Assigned is a value and the substitutions after it, the later beating the earlier.
type Assigned struct {
	Value string
	Refs  []string
}

// bindings are the settings that are known to this package; it is never changed. A substitution of any other path of
// Ditto's configuration is unknown.
var bindings = []*Binding{
	PreAuthentication, DevopsSecured, devopsSecureStatus, StatusSecured, DevopsMethod, StatusMethod, DevopsPassword,
	StatusPassword, DevopsSubjects, StatusSubjects, DevopsOIDCProtocol, OIDCProtocol, EnableCORS,
	WebsocketThrottling, WebsocketThrottlingInterval, WebsocketThrottlingLimit,
	SSEThrottling, SSEThrottlingInterval, SSEThrottlingLimit,
	GatewayHTTPPort, HTTPPort, RemotingPort, RemotingBindPort, ManagementPort, ManagementBindPort,
	PrometheusEnabled, PrometheusPort,
	MongoURI, MongoHostname, MongoPort, MongoAuthentication, MongoSSL,
}

// binding finds the setting at a path, nil if it is none of those listed.
func (q *question) binding(path string) *Binding {
	if q.about != nil && q.about.Path == path {
		return q.about
	}
	for _, b := range bindings {
		if b.Path == path {
			return b
		}
	}
	return nil
}
