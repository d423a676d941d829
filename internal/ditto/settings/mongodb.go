package settings

import (
	"net/url"
	"strings"
)

// How a service reaches MongoDB. Source: ditto-mongo.conf in Ditto's internal/utils/config; the gateway has none.
var (
	// MongoURI is the connection string. It may hold a password. Without it Ditto puts one together from the next three.
	MongoURI = &Binding{Path: "ditto.mongodb.uri", Refs: []string{"MONGO_DB_URI"}, Secret: true}

	MongoHostname = &Binding{
		Path: "ditto.mongodb.hostname", Refs: []string{"MONGO_DB_HOSTNAME"}, Default: "localhost", HasDefault: true,
	}
	MongoPort = &Binding{
		Path: "ditto.mongodb.port", Refs: []string{"MONGO_DB_PORT"}, Default: "27017", HasDefault: true,
	}
	// MongoAuthentication is what stands before the host name: `user:password@`.
	MongoAuthentication = &Binding{
		Path: "ditto.mongodb.authentication", Refs: []string{"MONGO_DB_AUTHENTICATION"}, Secret: true,
	}
	// MongoSSL decides on TLS, whatever the connection string says (MongoClientWrapper).
	MongoSSL = &Binding{
		Path: "ditto.mongodb.options.ssl", Refs: []string{"MONGO_DB_SSL_ENABLED"}, Default: "false", HasDefault: true,
	}
)

// MongoDB is the database that a service uses. It holds no credentials.
type MongoDB struct {
	// State is Known, Default (nothing says where it is) or Unknown, of the hosts and everything below but TLS.
	State  State
	Source string
	Why    string
	// Hosts are `name:port`, or one name to be looked up if SRV is set.
	Hosts []string
	SRV   bool
	// Credentials says that the connection string holds a user; LiteralPassword that it also holds a password that is
	// written out in the pod or a ConfigMap.
	Credentials, LiteralPassword bool
	// TLS says whether the connection is encrypted.
	TLS Switch
	// Lax are the options that switch the checks of TLS off; LaxWhy says what kept one from being read.
	Lax    []string
	LaxWhy string
}

// laxOptions are the connection string options with which the driver does not check the server's certificate or name.
// Source: the MongoDB connection string options, and ConnectionString of the Java driver.
func laxOptions() []string {
	return []string{"tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames", "sslInvalidHostNameAllowed"}
}

// MongoDB reads where the container's service finds its database.
func (s *Settings) MongoDB() MongoDB {
	m := s.mongoURI()
	m.TLS = Boolean(s.Lookup(MongoSSL))
	for _, option := range laxOptions() {
		b := &Binding{Path: "ditto.mongodb.options.extra-uri-options." + option}
		switch v := s.Lookup(b); {
		case v.State == Unknown:
			m.LaxWhy = v.Why
		case v.State == Known && v.IsOneOf([]string{"true", "yes"}):
			m.Lax = append(m.Lax, option)
		}
	}
	return m
}

func (s *Settings) mongoURI() MongoDB {
	v := s.Lookup(MongoURI)
	switch v.State {
	case Unknown:
		return MongoDB{State: Unknown, Source: v.Source, Why: v.Why}
	case Unset:
		return s.mongoParts()
	}
	m := MongoDB{State: v.State, Source: v.Source}
	rest, ok := strings.CutPrefix(v.raw(), "mongodb://")
	if !ok {
		rest, m.SRV = strings.CutPrefix(v.raw(), "mongodb+srv://")
		if !m.SRV {
			return MongoDB{State: Unknown, Source: v.Source, Why: v.Source + " is no MongoDB connection string"}
		}
	}
	rest, query, _ := strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(rest, "/")
	m.hosts(hosts, "27017", v.IsLiteral())
	for option := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(option, "=")
		for _, lax := range laxOptions() {
			if plain, err := url.QueryUnescape(name); err == nil && strings.EqualFold(plain, lax) && isTrue(value) {
				m.Lax = append(m.Lax, lax)
			}
		}
	}
	return m
}

func isTrue(value string) bool {
	return strings.EqualFold(value, "true") || strings.EqualFold(value, "yes") || value == "1"
}

// mongoParts reads the settings that make up the connection string. They are substituted into it, which is why system
// properties of their names do nothing.
func (s *Settings) mongoParts() MongoDB {
	host, port, auth := s.substituted(MongoHostname), s.substituted(MongoPort), s.substituted(MongoAuthentication)
	for _, v := range []Value{host, port, auth} {
		if v.State == Unknown {
			return MongoDB{State: Unknown, Source: v.Source, Why: v.Why}
		}
	}
	m := MongoDB{State: host.State, Source: host.Source}
	m.hosts(auth.raw()+host.raw(), port.raw(), auth.IsLiteral())
	return m
}

// hosts reads `user:password@host:port,host`.
func (m *MongoDB) hosts(text, port string, literal bool) {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		user := text[:at]
		text = text[at+1:]
		m.Credentials = user != ""
		m.LiteralPassword = literal && strings.Contains(user, ":") && !strings.HasSuffix(user, ":")
	}
	for host := range strings.SplitSeq(text, ",") {
		if host == "" {
			continue
		}
		if !m.SRV && strings.LastIndexByte(host, ':') <= strings.LastIndexByte(host, ']') {
			host += ":" + port
		}
		m.Hosts = append(m.Hosts, host)
	}
}
