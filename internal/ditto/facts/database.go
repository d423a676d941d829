package facts

import (
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// Database is how a service reaches MongoDB: nothing of the connection string but what is said here.
type Database struct {
	// TLS says whether the connection is encrypted. AsksTLS says that the connection string asks for it, which does not
	// count: Ditto's own setting decides.
	TLS     tri.State `cel:"tls"`
	AsksTLS bool      `cel:"asksTLS"`
	// Lax are the options that ask not to check the server's certificate or its name. LaxUnknown says what kept one
	// from being read.
	Lax        []LaxOption `cel:"lax"`
	LaxUnknown string      `cel:"laxUnknown"`
}

// LaxOption is an option of the connection string, with where it is set.
type LaxOption struct {
	Name   string `cel:"name"`
	Source string `cel:"source"`
}

// database reads the settings of every service but the gateway, which has no database. What may be the gateway is not
// said to have one unless it is configured.
func database(component string, s *settings.Settings) Database {
	if component == recognize.Gateway {
		return Database{}
	}
	m := s.MongoDB()
	if component == recognize.Service && m.State == settings.Default && m.TLS.Source == string(settings.Default) {
		return Database{TLS: tri.State{State: tri.Unknown, Why: reason.Of("database-of-unclear-part")}}
	}
	d := Database{TLS: m.TLS, AsksTLS: m.AsksTLS, LaxUnknown: m.LaxWhy}
	for _, o := range m.Lax {
		d.Lax = append(d.Lax, LaxOption(o))
	}
	if d.LaxUnknown == "" && m.State == settings.Unknown {
		d.LaxUnknown = m.Why
	}
	return d
}
