package explain

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/literal"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// known are the titles of facts and the settings of Ditto behind them, by the names that rules know them by. A fact
// that is not in it is shown under its name.
var known = map[string]struct {
	title string
	of    *settings.Binding
}{
	"preAuthentication":   {"pre-authentication", settings.PreAuthentication},
	"devopsSecured":       {"DevOps asks for credentials", settings.DevopsSecured},
	"statusSecured":       {"status asks for credentials", settings.StatusSecured},
	"devopsMethod":        {"DevOps method", settings.DevopsMethod},
	"statusMethod":        {"status method", settings.StatusMethod},
	"devopsPassword":      {"DevOps password", settings.DevopsPassword},
	"statusPassword":      {"status password", settings.StatusPassword},
	"devopsFallback":      {"DevOps password without its key", settings.DevopsPassword},
	"statusFallback":      {"status password without its key", settings.StatusPassword},
	"devopsSubjects":      {"DevOps subjects of tokens", settings.DevopsSubjects},
	"statusSubjects":      {"status subjects of tokens", settings.StatusSubjects},
	"oidc":                {"issuers of clients' tokens", nil},
	"oidc.protocol":       {"keys of issuers over", settings.OIDCProtocol},
	"devopsOIDC":          {"issuers of DevOps tokens", nil},
	"devopsOIDC.protocol": {"keys of DevOps issuers over", settings.DevopsOIDCProtocol},
	"cors":                {"scripts of every web site (CORS)", settings.EnableCORS},
	"websocketThrottling": {"WebSocket throttling", settings.WebsocketThrottling},
	"sseThrottling":       {"event stream throttling", settings.SSEThrottling},
	"tls":                 {"TLS", nil},
	"rateLimited":         {"requests are limited", nil},
	"errorPages":          {"error pages give away", nil},
	"stripsIdentity":      {"edge removes identity header", nil},
	"hidesHeaders":        {"edge hides Server and version", nil},
}

// named makes a setting with a name, and what is known by it.
func named(name string) Setting {
	s := Setting{Name: name, Title: name}
	if k, ok := known[name]; ok {
		s.Title = k.title
		if k.of != nil {
			s.Path = k.of.Path
		}
	}
	return s
}

func switched(name string, s tri.State) Setting {
	to := named(name)
	to.State, to.Source, to.Why = s.State, s.Source, s.Why
	return to
}

func texted(name string, t facts.Text) Setting {
	to := named(name)
	to.State, to.Value, to.Source, to.Why = t.State, t.Value, t.Source, t.Why
	return to
}

// settingsOf are the fields of a struct of facts that are settings, in its order, so that a fact that is new is shown
// without anyone having to think of it. Fields that are no settings, or are told elsewhere, are left out.
func settingsOf(known any, except ...string) []Setting {
	list := []Setting{}
	v := reflect.Indirect(reflect.ValueOf(known))
fields:
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("cel")
		for _, e := range except {
			if e == name {
				continue fields
			}
		}
		if name == "" {
			continue
		}
		switch fact := v.Field(i).Interface().(type) {
		case tri.State:
			if fact != (tri.State{}) {
				list = append(list, switched(name, fact))
			}
		case facts.Text:
			if fact != (facts.Text{}) {
				list = append(list, texted(name, fact))
			}
		case facts.Password:
			to := named(name)
			to.State, to.Source, to.Why = fact.State, fact.Source, fact.Why
			list = append(list, to)
		case facts.Subjects:
			to := named(name)
			to.State, to.Value, to.Source, to.Why = fact.State, strconv.FormatInt(fact.Count, 10), fact.Source, fact.Why
			if fact.State == tri.Unknown {
				to.Value = ""
			}
			list = append(list, to)
		case facts.OIDC:
			list = append(list, issuers(name, fact)...)
		}
	}
	return list
}

// gatewaySettings are a gateway's, without what says the same twice.
func gatewaySettings(known *facts.GatewayFacts) []Setting {
	var except []string
	for _, pair := range []struct {
		name               string
		password, fallback facts.Password
	}{
		{"devopsFallback", known.DevopsPassword, known.DevopsFallback},
		{"statusFallback", known.StatusPassword, known.StatusFallback},
	} {
		if pair.password == pair.fallback {
			except = append(except, pair.name)
		}
	}
	list := settingsOf(known, except...)
	for i := range list {
		if list[i].Name == "preAuthentication" && len(known.PreAuthenticationSaid) > 1 {
			for _, s := range known.PreAuthenticationSaid {
				list[i].Said = append(list[i].Said, State(s))
			}
		}
	}
	return list
}

// issuers are those whose tokens a gateway believes.
func issuers(name string, o facts.OIDC) []Setting {
	whole := named(name)
	whole.State, whole.Why, whole.Value = o.State, o.Why, strconv.Itoa(len(o.Issuers))
	out := []Setting{whole}
	for _, i := range o.Issuers {
		one := Setting{Name: name + ".issuers." + i.Name, Title: "issuer " + i.Name, State: facts.Known,
			Source: i.Source}
		if i.IsDefault {
			one.Title += " (Ditto's default)"
		}
		one.Value = strings.Join(i.URLs, ", ")
		if literal.Credentials(one.Value) {
			one.Value = ""
		}
		out = append(out, one, Setting{
			Name: one.Name + ".audience", Title: "issuer " + i.Name + " asks for audience",
			State: i.Audience.State, Source: i.Audience.Source, Why: i.Audience.Why,
		})
	}
	return append(out, texted(name+".protocol", o.Protocol))
}

// logName is what the names of log levels begin with.
const logName = "log."

// componentSettings are those of any service of Ditto.
func componentSettings(known *facts.ComponentFacts) []Setting {
	list := []Setting{}
	for _, level := range known.Logging.Levels {
		list = append(list, Setting{
			Name: logName + level.Logger, Title: "log level of " + level.Logger, State: facts.Known, Value: level.Level,
			Source: level.Source,
		})
	}
	if d := known.Database; d.TLS != (tri.State{}) {
		list = append(list, Setting{
			Name: "database.tls", Title: "TLS to MongoDB", State: d.TLS.State, Source: d.TLS.Source, Why: d.TLS.Why,
		})
		for _, o := range d.Lax {
			list = append(list, Setting{
				Name: "database.lax." + o.Name, Title: "server is not checked: " + o.Name, State: tri.On,
				Source: o.Source,
			})
		}
	}
	return list
}
