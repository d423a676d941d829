package kong

import (
	"fmt"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// headerValue is what a header holds at some point of a transformation.
type headerValue int

const (
	// valueNone: the header is not there.
	valueNone headerValue = iota
	// valueOwn: a text of Kong's that is never empty; valueMaybe one that can be.
	valueOwn
	valueMaybe
	// valueOpaque: it cannot be determined.
	valueOpaque
	// valueClient: what the client wrote.
	valueClient
)

// transform reads a request-transformer. It works on requests that have the header and on those that do not: remove,
// rename, replace (if it is there), add (if it is not) and append, in this order.
// Source: kong/plugins/request-transformer/access.lua.
func (k *reading) transform(p plugin) {
	if p.plugin.ConfigFrom != nil || len(p.plugin.ConfigPatches) > 0 {
		why := reason.Of("kong-transformer-from-secret", p.text)
		k.identity = tri.Is(way.IdentityUnknown, "configFrom", why)
		k.rewrite = new(way.UnknownRewrite(why))
		return
	}
	config := transformerConfig(p.plugin.Config)
	if uri := config.text("replace", "uri"); uri != "" {
		rewrite := way.Rewrite{Kind: way.RewriteConstant, To: uri}
		if strings.Contains(uri, "$(") {
			rewrite = way.UnknownRewrite(reason.Of("rewrite-from-request", p.text))
		}
		k.rewrite = &rewrite
	}
	if !config.names(way.Header) {
		return
	}
	if len(p.plugin.Protocols) > 0 {
		k.identity = tri.Is(way.IdentityUnknown, "config", reason.Of("kong-plugin-for-some-protocols", p.text))
		return
	}
	with := k.header(config, valueClient)
	without := k.header(config, valueNone)
	gone := config.removesQuery()
	k.identity = identityOf(p.text, with, without, gone)
}

// header works out what becomes of the header.
func (k *reading) header(config transformerConfig, v headerValue) headerValue {
	for _, name := range config.list("remove", "headers") {
		if strings.EqualFold(pairOf(name)[0], way.Header) {
			v = valueNone
		}
	}
	for _, item := range config.list("rename", "headers") {
		switch pair := pairOf(item); {
		case strings.EqualFold(pair[0], way.Header):
			v = valueNone
		case strings.EqualFold(pair[1], way.Header):
			// A client can send the other header.
			v = valueClient
		}
	}
	set := func(operation string, applies func() bool) {
		for _, item := range config.list(operation, "headers") {
			if pair := pairOf(item); strings.EqualFold(pair[0], way.Header) && applies() {
				v = templateValue(pair[1], k.authentication.State)
			}
		}
	}
	set("replace", func() bool { return v != valueNone })
	set("add", func() bool { return v == valueNone })
	// What is appended comes behind what is there, and Ditto takes the first.
	set("append", func() bool { return v == valueNone })
	return v
}

// identityOf puts together what becomes of the header where a client sends it and where none does; gone says that the
// query parameter is removed.
func identityOf(who string, with, without headerValue, gone bool) tri.State {
	state := func(identity, what string) tri.State { return tri.Is(identity, "config.remove", who+" "+what) }
	is := func(v headerValue) bool { return with == v || without == v }
	switch {
	case is(valueClient):
		return state(way.IdentityClient, "lets the client's header through")
	case is(valueOpaque):
		return state(way.IdentityUnknown, reason.Of("header-value-not-seen"))
	case with == valueOwn && without == valueOwn:
		return state(way.IdentitySet, "sets the header")
	case gone && with == valueNone && without == valueNone:
		return state(way.IdentityNone, "removes the header and the query parameter of the same name")
	case gone:
		return state(way.IdentityNone,
			"replaces the header where it is present, and removes the query parameter of the same name")
	case with == valueNone && without == valueNone:
		return state(way.IdentityRemoved, "removes the header, but not the query parameter of the same name")
	}
	return state(way.IdentityEmpty, "sets the header for some requests only")
}

// templateValue says what a value is: text with `$(…)` in it, which is looked up for each request. A verified
// consumer's name is one of Kong's own headers.
func templateValue(value, authentication string) headerValue {
	if value == "" {
		return valueNone
	}
	result, constant := valueOwn, false
	for rest := value; rest != ""; {
		before, after, ok := strings.Cut(rest, "$(")
		constant = constant || before != ""
		if !ok {
			break
		}
		expression, behind, closed := strings.Cut(after, ")")
		if !closed {
			return valueOpaque
		}
		result = max(result, expressionValue(expression, authentication))
		rest = behind
	}
	if result == valueMaybe && constant {
		return valueOwn
	}
	return result
}

func expressionValue(expression, authentication string) headerValue {
	text := strings.ToLower(strings.TrimSpace(expression))
	for _, name := range []string{"x-consumer-username", "x-consumer-id", "x-consumer-custom-id",
		"x-credential-identifier"} {
		if text != `headers["`+name+`"]` && text != `headers['`+name+`']` && text != "headers."+name &&
			text != "headers."+strings.ReplaceAll(name, "-", "_") {
			continue
		}
		switch authentication {
		case tri.On:
			return valueMaybe
		case tri.Unknown:
			return valueOpaque
		}
		return valueClient
	}
	for _, source := range []string{"headers", "query_params", "uri_captures"} {
		if strings.HasPrefix(text, source) {
			return valueClient
		}
	}
	return valueOpaque
}

// transformerConfig is the configuration of a request-transformer.
type transformerConfig map[string]any

func (c transformerConfig) section(operation string) map[string]any {
	section, _ := c[operation].(map[string]any)
	return section
}

func (c transformerConfig) text(operation, field string) string {
	text, _ := c.section(operation)[field].(string)
	return text
}

func (c transformerConfig) list(operation, field string) []string {
	items, _ := c.section(operation)[field].([]any)
	var list []string
	for _, item := range items {
		list = append(list, fmt.Sprint(item))
	}
	return list
}

// names says whether some operation names the header.
func (c transformerConfig) names(header string) bool {
	for _, operation := range []string{"remove", "rename", "replace", "add", "append"} {
		for _, item := range c.list(operation, "headers") {
			pair := pairOf(item)
			if strings.EqualFold(pair[0], header) || operation == "rename" && strings.EqualFold(pair[1], header) {
				return true
			}
		}
	}
	return false
}

// removesQuery says whether the query parameter never arrives: removed, and neither made from another one nor written
// anew. Names of parameters have a case.
func (c transformerConfig) removesQuery() bool {
	gone := false
	for _, item := range c.list("remove", "querystring") {
		gone = gone || pairOf(item)[0] == way.Header
	}
	for _, operation := range []string{"rename", "add", "append"} {
		for _, item := range c.list(operation, "querystring") {
			pair := pairOf(item)
			if operation == "rename" && pair[1] == way.Header || operation != "rename" && pair[0] == way.Header {
				return false
			}
		}
	}
	return gone
}

// pairOf splits `name:value`.
func pairOf(item string) [2]string {
	name, value, _ := strings.Cut(item, ":")
	return [2]string{name, strings.TrimLeft(value, ":")}
}
