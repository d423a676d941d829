package rendered

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/literal"
	"github.com/dittoguard/dittoguard/internal/ditto/published"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// devops is where Ditto's chart, from 3.4 to 4.6, has what concerns operators.
const devops = "gateway.config.authentication.devops."

// effects say what values of Ditto's chart make of its gateway; source is where the value is written.
var effects = map[string]func(g *facts.GatewayFacts, text, source string){
	devops + "secured": func(g *facts.GatewayFacts, text, source string) {
		g.DevopsSecured = switched(text, source)
	},
	devops + "statusSecured": func(g *facts.GatewayFacts, text, source string) {
		g.StatusSecured = switched(text, source)
	},
	devops + "authMethod": func(g *facts.GatewayFacts, text, source string) {
		g.DevopsMethod = method(text, source)
	},
	devops + "statusAuthMethod": func(g *facts.GatewayFacts, text, source string) {
		g.StatusMethod = method(text, source)
	},
	devops + "devopsPassword": func(g *facts.GatewayFacts, text, source string) {
		g.DevopsPassword = password(text, source)
	},
	devops + "statusPassword": func(g *facts.GatewayFacts, text, source string) {
		g.StatusPassword = password(text, source)
	},
	"gateway.config.websocket.throttling.enabled": func(g *facts.GatewayFacts, text, source string) {
		g.WebsocketThrottling = switched(text, source)
	},
	"gateway.config.sse.throttling.enabled": func(g *facts.GatewayFacts, text, source string) {
		g.SSEThrottling = switched(text, source)
	},
}

// named are values of the chart that only name an object with a secret in it.
var named = []string{"existingsecret", "urisecret"}

// tops are the parts of the values of Ditto's chart in which there may be secrets.
var tops = []string{"global", "gateway", "policies", "things", "thingsSearch", "connectivity", "nginx", "dbconfig",
	"mongodb"}

// users are those of the chart's nginx, an item for each.
const users = "global.basicAuthUsers["

// defaults are what the chart makes of a gateway without any value: passwords that it makes up, and everything on.
func defaults() facts.GatewayFacts {
	const source = "default of the chart"
	on := tri.State{State: tri.On, Source: source}
	basic := facts.Text{State: facts.Known, Value: "basic", Source: source}
	own := facts.Password{State: facts.Own, Source: source}
	return facts.GatewayFacts{
		Name: "gateway", Container: "gateway", PreAuthentication: on, TrustModelWanted: "auto", DevopsSecured: on,
		StatusSecured: on,
		DevopsMethod:  basic, StatusMethod: basic, DevopsPassword: own, StatusPassword: own, DevopsFallback: own,
		StatusFallback: own,
		CORS:           tri.State{State: tri.Off, Source: source}, WebsocketThrottling: on, SSEThrottling: on,
	}
}

// written says what values make of Ditto, each beside what there is without it.
func written(leaves []leaf) []Written {
	var list []Written
	add := func(l leaf, with, before facts.Facts) {
		list = append(list, Written{Field: l.field, Line: l.line, Facts: with, Before: before})
	}
	for i, l := range leaves {
		text, ok := l.text()
		if !ok {
			continue
		}
		same := func(other leaf) bool { return other.path == l.path }
		if effects[l.path] != nil && !slices.ContainsFunc(leaves[i+1:], same) {
			without := slices.DeleteFunc(slices.Clone(leaves), same)
			add(l, facts.Facts{Gateway: gatewayWith(leaves)}, facts.Facts{Gateway: gatewayWith(without)})
		}
		if _, of, is := strings.Cut(l.path, users); is && strings.HasSuffix(of, "].password") &&
			strings.HasPrefix(l.path, users) {
			with, before := user(leaves, l), user(leaves, l)
			if published.Is(text) {
				with.State = facts.Published
			}
			add(l, facts.Facts{Credential: with}, facts.Facts{Credential: before})
		}
		if secret(l, text) {
			service := facts.ComponentFacts{Name: "ditto", Component: "service"}
			before := service
			service.Literals = facts.Literals{Places: []string{l.field}}
			add(l, facts.Facts{Component: &service}, facts.Facts{Component: &before})
		}
	}
	return list
}

// gatewayWith is the gateway that values make. Of two for one setting, the latter counts; that there is no password if
// a Secret has it is the chart's doing.
func gatewayWith(leaves []leaf) *facts.GatewayFacts {
	g := defaults()
	for _, l := range leaves {
		text, ok := l.text()
		if effect := effects[l.path]; ok && effect != nil {
			effect(&g, text, l.field)
		}
	}
	for _, l := range leaves {
		if text, _ := l.text(); l.path == devops+"existingSecret" && text != "" {
			own := facts.Password{State: facts.Own, Source: l.field}
			g.DevopsPassword, g.StatusPassword = own, own
		}
	}
	if g.DevopsSecured.State == tri.Off {
		g.StatusSecured = g.DevopsSecured // as the gateway does
	}
	return &g
}

// user is one of nginx's users, with a password of one's own.
func user(leaves []leaf, of leaf) *facts.Credential {
	item := strings.TrimSuffix(of.path, ".password")
	c := facts.Credential{Key: strings.TrimSuffix(of.field, ".password"), Scheme: "bcrypt", State: facts.Own}
	for _, l := range leaves {
		if l.path == item+".user" {
			c.User, _ = l.text()
		}
	}
	return &c
}

// secret says whether a value is a secret of Ditto's that everyone reads who may read the object.
func secret(l leaf, text string) bool {
	if _, isSwitch := l.value.(bool); isSwitch {
		return false
	}
	top, _, _ := strings.Cut(l.path, ".")
	name := strings.ToLower(l.path[strings.LastIndex(l.path, ".")+1:])
	if !l.below && !slices.Contains(tops, strings.TrimRight(top, "[]0123456789")) ||
		slices.ContainsFunc(named, func(end string) bool { return strings.HasSuffix(name, end) }) {
		return false
	}
	return literal.Secret(name, text)
}

func switched(text, source string) tri.State {
	switch text {
	case "true":
		return tri.State{State: tri.On, Source: source}
	case "false":
		return tri.State{State: tri.Off, Source: source}
	}
	return tri.State{State: tri.Unknown, Source: source}
}

func method(text, source string) facts.Text {
	return facts.Text{State: facts.Known, Value: strings.ToLower(text), Source: source}
}

// password is what is known of one; the chart makes one up if it is empty.
func password(text, source string) facts.Password {
	if text != "" && published.Is(text) {
		return facts.Password{State: facts.Published, Source: source}
	}
	return facts.Password{State: facts.Own, Source: source}
}
