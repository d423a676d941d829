package edge

import (
	"fmt"
	"strings"
)

// kongValue is what a header holds at some point of a transformation.
type kongValue int

const (
	// kongNone: the header is not there.
	kongNone kongValue = iota
	// kongOwn: a text of Kong's that is never empty; kongMaybe one that can be.
	kongOwn
	kongMaybe
	// kongOpaque: it cannot be told.
	kongOpaque
	// kongClient: what the client wrote.
	kongClient
)

// transform reads a request-transformer. It works on requests that have the header and on those that do not: remove,
// rename, replace (if it is there), add (if it is not) and append, in this order.
// Source: kong/plugins/request-transformer/access.lua.
func (k *kongReading) transform(p kongPlugin) {
	if p.plugin.ConfigFrom != nil || len(p.plugin.ConfigPatches) > 0 {
		why := p.text + " takes its configuration from a Secret, and is not read"
		k.identity = State{IdentityUnknown, "configFrom", why}
		rewrite := rewriteUnknown(why)
		k.rewrite = &rewrite
		return
	}
	config := kongConfig{p.plugin.Config}
	if uri := config.text("replace", "uri"); uri != "" {
		rewrite := Rewrite{Kind: RewriteConstant, To: uri}
		if strings.Contains(uri, "$(") {
			rewrite = rewriteUnknown(p.text + " makes the path from the request")
		}
		k.rewrite = &rewrite
	}
	if !config.names(Header) {
		return
	}
	if len(p.plugin.Protocols) > 0 {
		k.identity = State{IdentityUnknown, "config", p.text + " is for some protocols only"}
		return
	}
	with := k.header(config, kongClient)
	without := k.header(config, kongNone)
	gone := config.query()
	k.identity = kongIdentity(p.text, with, without, gone)
}

// header works out what becomes of the header.
func (k *kongReading) header(config kongConfig, v kongValue) kongValue {
	for _, name := range config.list("remove", "headers") {
		if strings.EqualFold(kongPair(name)[0], Header) {
			v = kongNone
		}
	}
	for _, item := range config.list("rename", "headers") {
		switch pair := kongPair(item); {
		case strings.EqualFold(pair[0], Header):
			v = kongNone
		case strings.EqualFold(pair[1], Header):
			// A client can send the other header.
			v = kongClient
		}
	}
	set := func(operation string, applies func() bool) {
		for _, item := range config.list(operation, "headers") {
			if pair := kongPair(item); strings.EqualFold(pair[0], Header) && applies() {
				v = kongTemplate(pair[1], k.authentication.State)
			}
		}
	}
	set("replace", func() bool { return v != kongNone })
	set("add", func() bool { return v == kongNone })
	// What is appended comes behind what is there, and Ditto takes the first.
	set("append", func() bool { return v == kongNone })
	return v
}

// kongIdentity puts together what becomes of the header where a client sends it and where none does; gone says that the
// query parameter is removed.
func kongIdentity(who string, with, without kongValue, gone bool) State {
	state := func(identity, what string) State { return State{identity, "config.remove", who + " " + what} }
	is := func(v kongValue) bool { return with == v || without == v }
	switch {
	case is(kongClient):
		return state(IdentityClient, "lets the client's header through")
	case is(kongOpaque):
		return state(IdentityUnknown, "sets the header to something that cannot be seen")
	case with == kongOwn && without == kongOwn:
		return state(IdentitySet, "sets the header")
	case gone && with == kongNone && without == kongNone:
		return state(IdentityNone, "removes the header and the query parameter of the same name")
	case gone:
		return state(IdentityNone, "replaces the header where it is there, and removes the query parameter of the same name")
	case with == kongNone && without == kongNone:
		return state(IdentityRemoved, "removes the header, but not the query parameter of the same name")
	}
	return state(IdentityEmpty, "sets the header for some requests only")
}

// kongTemplate says what a value is: text with `$(…)` in it, which is looked up for each request. A verified consumer's
// name is one of Kong's own headers.
func kongTemplate(value, authentication string) kongValue {
	if value == "" {
		return kongNone
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
		case On:
			return kongMaybe
		case Unknown:
			return kongOpaque
		}
		return kongClient
	}
	for _, source := range []string{"headers", "query_params", "uri_captures"} {
		if strings.HasPrefix(text, source) {
			return kongClient
		}
	}
	return kongOpaque
}

// kongConfig is the configuration of a request-transformer.
type kongConfig struct{ config map[string]any }

func (c kongConfig) section(operation string) map[string]any {
	section, _ := c.config[operation].(map[string]any)
	return section
}

func (c kongConfig) text(operation, field string) string {
	text, _ := c.section(operation)[field].(string)
	return text
}

func (c kongConfig) list(operation, field string) []string {
	items, _ := c.section(operation)[field].([]any)
	var list []string
	for _, item := range items {
		list = append(list, fmt.Sprint(item))
	}
	return list
}

// names says whether some operation names the header.
func (c kongConfig) names(header string) bool {
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

// query says whether the query parameter never arrives: removed, and neither made from another one nor written anew.
// Names of parameters have a case.
func (c kongConfig) query() bool {
	gone := false
	for _, item := range c.list("remove", "querystring") {
		gone = gone || kongPair(item)[0] == Header
	}
	for _, operation := range []string{"rename", "add", "append"} {
		for _, item := range c.list(operation, "querystring") {
			pair := kongPair(item)
			if operation == "rename" && pair[1] == Header || operation != "rename" && pair[0] == Header {
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
