package kong

import (
	"fmt"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// kongValue is what a header holds at some point of a transformation.
type kongValue int

const (
	// kongNone: the header is not there.
	None kongValue = iota
	// kongOwn: a text of Kong's that is never empty; kongMaybe one that can be.
	kongOwn
	kongMaybe
	// kongOpaque: it cannot be told.
	kongOpaque
	// kongClient: what the client wrote.
	Client
)

// transform reads a request-transformer. It works on requests that have the header and on those that do not: remove,
// rename, replace (if it is there), add (if it is not) and append, in this order.
// Source: kong/plugins/request-transformer/access.lua.
func (k *Reading) transform(p kongPlugin) {
	if p.plugin.ConfigFrom != nil || len(p.plugin.ConfigPatches) > 0 {
		why := p.text + " takes its configuration from a Secret, and is not read"
		k.identity = way.State{State: way.IdentityUnknown, Source: "configFrom", Why: why}
		rewrite := way.UnknownRewrite(why)
		k.rewrite = &rewrite
		return
	}
	config := Config{p.plugin.Config}
	if uri := config.text("replace", "uri"); uri != "" {
		rewrite := way.Rewrite{Kind: way.RewriteConstant, To: uri}
		if strings.Contains(uri, "$(") {
			rewrite = way.UnknownRewrite(p.text + " makes the path from the request")
		}
		k.rewrite = &rewrite
	}
	if !config.names(way.Header) {
		return
	}
	if len(p.plugin.Protocols) > 0 {
		k.identity = way.State{State: way.IdentityUnknown, Source: "config", Why: p.text + " is for some protocols only"}
		return
	}
	with := k.Header(config, Client)
	without := k.Header(config, None)
	gone := config.Query()
	k.identity = Identity(p.text, with, without, gone)
}

// Header works out what becomes of the header.
func (k *Reading) Header(config Config, v kongValue) kongValue {
	for _, name := range config.list("remove", "headers") {
		if strings.EqualFold(kongPair(name)[0], way.Header) {
			v = None
		}
	}
	for _, item := range config.list("rename", "headers") {
		switch pair := kongPair(item); {
		case strings.EqualFold(pair[0], way.Header):
			v = None
		case strings.EqualFold(pair[1], way.Header):
			// A client can send the other header.
			v = Client
		}
	}
	set := func(operation string, applies func() bool) {
		for _, item := range config.list(operation, "headers") {
			if pair := kongPair(item); strings.EqualFold(pair[0], way.Header) && applies() {
				v = kongTemplate(pair[1], k.Authentication.State)
			}
		}
	}
	set("replace", func() bool { return v != None })
	set("add", func() bool { return v == None })
	// What is appended comes behind what is there, and Ditto takes the first.
	set("append", func() bool { return v == None })
	return v
}

// Identity puts together what becomes of the header where a client sends it and where none does; gone says that the
// query parameter is removed.
func Identity(who string, with, without kongValue, gone bool) way.State {
	state := func(identity, what string) way.State {
		return way.State{State: identity, Source: "config.remove", Why: who + " " + what}
	}
	is := func(v kongValue) bool { return with == v || without == v }
	switch {
	case is(Client):
		return state(way.IdentityClient, "lets the client's header through")
	case is(kongOpaque):
		return state(way.IdentityUnknown, "sets the header to something that cannot be seen")
	case with == kongOwn && without == kongOwn:
		return state(way.IdentitySet, "sets the header")
	case gone && with == None && without == None:
		return state(way.IdentityNone, "removes the header and the query parameter of the same name")
	case gone:
		return state(way.IdentityNone, "replaces the header where it is there, and removes the query parameter of the same name")
	case with == None && without == None:
		return state(way.IdentityRemoved, "removes the header, but not the query parameter of the same name")
	}
	return state(way.IdentityEmpty, "sets the header for some requests only")
}

// kongTemplate says what a value is: text with `$(…)` in it, which is looked up for each request. A verified consumer's
// name is one of Kong's own headers.
func kongTemplate(value, authentication string) kongValue {
	if value == "" {
		return None
	}
	result, constant := kongOwn, false
	for rest := value; rest != ""; {
		before, after, ok := strings.Cut(rest, "$(")
		constant = constant || before != ""
		if !ok {
			break
		}
		expression, behind, closed := strings.Cut(after, ")")
		if !closed {
			return kongOpaque
		}
		result = max(result, kongExpression(expression, authentication))
		rest = behind
	}
	if result == kongMaybe && constant {
		return kongOwn
	}
	return result
}

func kongExpression(expression, authentication string) kongValue {
	text := strings.ToLower(strings.TrimSpace(expression))
	for _, name := range []string{"x-consumer-username", "x-consumer-id", "x-consumer-custom-id", "x-credential-identifier"} {
		if text != `headers["`+name+`"]` && text != `headers['`+name+`']` && text != "headers."+name && text != "headers."+strings.ReplaceAll(name, "-", "_") {
			continue
		}
		switch authentication {
		case way.On:
			return kongMaybe
		case way.Unknown:
			return kongOpaque
		}
		return Client
	}
	for _, source := range []string{"headers", "query_params", "uri_captures"} {
		if strings.HasPrefix(text, source) {
			return Client
		}
	}
	return kongOpaque
}

// Config is the configuration of a request-transformer.
type Config struct{ Config map[string]any }

func (c Config) section(operation string) map[string]any {
	section, _ := c.Config[operation].(map[string]any)
	return section
}

func (c Config) text(operation, field string) string {
	text, _ := c.section(operation)[field].(string)
	return text
}

func (c Config) list(operation, field string) []string {
	items, _ := c.section(operation)[field].([]any)
	var list []string
	for _, item := range items {
		list = append(list, fmt.Sprint(item))
	}
	return list
}

// names says whether some operation names the header.
func (c Config) names(header string) bool {
	for _, operation := range []string{"remove", "rename", "replace", "add", "append"} {
		for _, item := range c.list(operation, "headers") {
			pair := kongPair(item)
			if strings.EqualFold(pair[0], header) || operation == "rename" && strings.EqualFold(pair[1], header) {
				return true
			}
		}
	}
	return false
}

// Query says whether the query parameter never arrives: removed, and neither made from another one nor written anew.
// Names of parameters have a case.
func (c Config) Query() bool {
	gone := false
	for _, item := range c.list("remove", "querystring") {
		gone = gone || kongPair(item)[0] == way.Header
	}
	for _, operation := range []string{"rename", "add", "append"} {
		for _, item := range c.list(operation, "querystring") {
			pair := kongPair(item)
			if operation == "rename" && pair[1] == way.Header || operation != "rename" && pair[0] == way.Header {
				return false
			}
		}
	}
	return gone
}

// kongPair splits `name:value`.
func kongPair(item string) [2]string {
	name, value, _ := strings.Cut(item, ":")
	return [2]string{name, strings.TrimLeft(value, ":")}
}
