package settings

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/mongouri"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// How a service reaches MongoDB. Source: ditto-mongo.conf in Ditto's internal/utils/config; the gateway has none.
var (
	// MongoURI is the connection string. It may hold a password. Without it Ditto puts one together from the next
	// three.
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
	// Credentials says that the connection string holds a user.
	Credentials bool
	// TLS says whether the connection is encrypted. AsksTLS says that the connection string asks for it, by ssl, tls or
	// mongodb+srv, which does not count.
	TLS     tri.State
	AsksTLS bool
	// Lax are the options that ask for a connection without the checks of TLS, each with where it is set; LaxWhy says
	// what kept one from being read.
	Lax    []LaxOption
	LaxWhy string
}

// LaxOption is an option of the connection that asks not to check the server's certificate or its name.
type LaxOption struct{ Name, Source string }

// laxOptions are the connection string options that ask not to check the server's certificate or name. The Java driver
// knows no tlsAllowInvalidCertificates; who writes it means it all the same, and other drivers do as it says.
// Source: the MongoDB connection string options, and ConnectionString of the Java driver.
func laxOptions() []string {
	return []string{"tlsInsecure", "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames",
		"sslInvalidHostNameAllowed"}
}

// MongoDB reads where the container's service finds its database.
func (s *Settings) MongoDB() MongoDB {
	m, uri := s.mongoURI()
	m.TLS = s.mongoTLS(uri, m.Source)
	m.AsksTLS = asksTLS(uri)
	for _, name := range laxOptions() {
		switch o := s.mongoOption(name, uri, m.Source); {
		case o.why != "":
			m.LaxWhy = o.why
		case o.set && o.on():
			m.Lax = append(m.Lax, LaxOption{Name: name, Source: o.source})
		}
	}
	return m
}

const extraOptions = "ditto.mongodb.options.extra-uri-options."

// mongoOption is an option of the connection string as the driver gets it: what extra-uri-options holds takes the place
// of what the string itself says (DefaultMongoDbConfig).
type mongoOption struct {
	set         bool
	text        string
	source, why string
}

// on reads the option as the driver reads a boolean.
func (o mongoOption) on() bool {
	on, _ := mongouri.Boolean(o.text)
	return on
}

func (s *Settings) mongoOption(name string, uri *mongouri.URI, source string) mongoOption {
	switch v := s.Lookup(&Binding{Path: extraOptions + name}); v.State {
	case Unknown:
		return mongoOption{source: v.Source, why: v.Why}
	case Known:
		return mongoOption{set: true, text: v.raw(), source: v.Source}
	case Default, Unset:
	}
	if uri != nil {
		if text, ok := uri.Option(name); ok {
			return mongoOption{set: true, text: text, source: source}
		}
	}
	return mongoOption{}
}

// mongoTLS says whether the connection is encrypted. The setting decides, whatever the connection string says: Ditto
// writes it into the string as `ssl` and sets it on its own client (MongoClientWrapper). An `ssl` among
// extra-uri-options is written in its place, and is what the client of Pekko's persistence gets, which all but the
// search use.
func (s *Settings) mongoTLS(uri *mongouri.URI, source string) tri.State {
	t := Boolean(s.Lookup(MongoSSL))
	if t.State != tri.On {
		return t
	}
	if s.service != Search {
		switch v := s.Lookup(&Binding{Path: extraOptions + "ssl"}); {
		case v.State == Unknown:
			return tri.Is(tri.Unknown, v.Source, v.Why)
		case v.State == Known:
			if on, _ := mongouri.Boolean(v.raw()); !on {
				return tri.State{State: tri.Off, Source: v.Source}
			}
		}
	}
	if o := s.mongoOption("tls", uri, source); o.set && !o.on() {
		return tri.Is(tri.Unknown, t.Source, reason.Of("tls-contradicted", o.source, t.Source))
	}
	return t
}

// asksTLS says whether a connection string would have the driver use TLS, if it were for the string alone.
func asksTLS(uri *mongouri.URI) bool {
	if uri == nil {
		return false
	}
	for _, name := range []string{"tls", "ssl"} {
		if text, ok := uri.Option(name); ok {
			on, _ := mongouri.Boolean(text)
			return on
		}
	}
	return uri.SRV
}

// mongoURI reads the connection string; uri is nil if there is none or it cannot be read.
func (s *Settings) mongoURI() (m MongoDB, uri *mongouri.URI) {
	v := s.Lookup(MongoURI)
	switch v.State {
	case Unknown:
		return MongoDB{State: Unknown, Source: v.Source, Why: v.Why}, nil
	case Unset:
		if v, m = s.mongoParts(); m.State == Unknown {
			return m, nil
		}
	case Known, Default:
	}
	uri, err := mongouri.Parse(v.raw())
	if err != nil {
		return MongoDB{State: Unknown, Source: v.Source, Why: reason.Of("mongodb-uri-broken", v.Source, err.Error())},
			nil
	}
	m = MongoDB{State: v.State, Source: v.Source, SRV: uri.SRV, Credentials: uri.User}
	for _, host := range uri.Hosts {
		if !m.SRV && strings.LastIndexByte(host, ':') <= strings.LastIndexByte(host, ']') {
			host += ":27017"
		}
		m.Hosts = append(m.Hosts, host)
	}
	return m, uri
}

// mongoParts puts the connection string together from the settings that make it up. They are substituted into it, which
// is why system properties of their names do nothing.
func (s *Settings) mongoParts() (Value, MongoDB) {
	host, port, auth := s.substituted(MongoHostname), s.substituted(MongoPort), s.substituted(MongoAuthentication)
	for _, v := range []Value{host, port, auth} {
		if v.State == Unknown {
			return Value{}, MongoDB{State: Unknown, Source: v.Source, Why: v.Why}
		}
	}
	return Value{
		State: host.State, Source: host.Source, secret: true,
		content: keep(&content{text: "mongodb://" + auth.raw() + host.raw() + ":" + port.raw() + "/"}),
	}, MongoDB{}
}
