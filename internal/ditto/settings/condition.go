package settings

import (
	"slices"
	"strings"
)

// demandsAudience says whether a prerequisite condition lets only tokens in that are meant for certain receivers.
//
// A condition is a text with placeholders, `{{ jwt:aud | fn:filter('eq','ditto') }}`. It holds where each of them comes
// to something, whatever text stands around them (DittoJwtAuthorizationSubjectsProvider, ExpressionResolver): so one
// that filters by the audience is enough. Sources: Placeholders, ImmutableExpressionResolver and PipelineFunctionFilter
// in Ditto's placeholders.
func demandsAudience(condition string) bool {
	for {
		_, rest, ok := strings.Cut(condition, "{{")
		if !ok {
			return false
		}
		var inner string
		if inner, condition, ok = strings.Cut(rest, "}}"); !ok {
			return false
		}
		if pipelineDemandsAudience(inner) {
			return true
		}
	}
}

// pipelineDemandsAudience reads `jwt:aud | fn:filter('eq','ditto')`. A default, before the filter or behind it, stands
// in for an audience that a token does not have; what fn:delete takes away is no longer asked for.
func pipelineDemandsAudience(pipeline string) bool {
	stages := splitQuoted(pipeline, '|')
	source := strings.TrimSpace(stages[0])
	demanded := false
	for _, stage := range stages[1:] {
		name, parameters, ok := function(stage)
		switch {
		case !ok, name == "default", name == "delete":
			return false
		case name == "filter" && filtersAudience(source, parameters):
			demanded = true
		}
	}
	return demanded
}

// isAudienceClaim: what says whom a token is for is the audience (RFC 7519), or the client that it was issued to (azp
// of OpenID Connect, client_id of RFC 9068, cid and appid of widely used providers).
func isAudienceClaim(placeholder string) bool {
	claim, ok := strings.CutPrefix(placeholder, "jwt:")
	return ok && slices.Contains([]string{"aud", "azp", "client_id", "cid", "appid"}, strings.TrimSpace(claim))
}

// filtersAudience: fn:filter('eq','ditto') looks at what comes in, fn:filter(jwt:aud,'eq','ditto') at its first
// parameter. `ne` and `exists` let all other audiences pass, as does a pattern of nothing but stars.
func filtersAudience(source string, parameters []string) bool {
	var compared, how, with string
	switch len(parameters) {
	case 2:
		compared, how, with = source, parameters[0], parameters[1]
	case 3:
		compared, how, with = parameters[0], parameters[1], parameters[2]
	default:
		return false
	}
	value, constant := unquoted(with)
	how, _ = unquoted(how)
	if !isAudienceClaim(strings.TrimSpace(compared)) || !constant {
		return false
	}
	switch how {
	case "eq":
		return true
	case "like": // alternatives are divided by bars
		return !slices.ContainsFunc(strings.Split(value, "|"),
			func(s string) bool { return strings.Trim(s, "*?") == "" })
	}
	return false
}

// function reads `fn:name(parameter, …)`.
func function(stage string) (name string, parameters []string, ok bool) {
	call, ok := strings.CutPrefix(strings.TrimSpace(stage), "fn:")
	if !ok {
		return "", nil, false
	}
	name, list, ok := strings.Cut(call, "(")
	list, closed := strings.CutSuffix(strings.TrimSpace(list), ")")
	if !ok || !closed {
		return "", nil, false
	}
	return strings.TrimSpace(name), splitQuoted(list, ','), true
}

// unquoted takes the quotes off a constant; ok is false for anything else.
func unquoted(parameter string) (text string, ok bool) {
	parameter = strings.TrimSpace(parameter)
	if len(parameter) < 2 || parameter[0] != parameter[len(parameter)-1] ||
		(parameter[0] != '\'' && parameter[0] != '"') {
		return "", false
	}
	return parameter[1 : len(parameter)-1], true
}

// splitQuoted splits at a separator outside of quotes.
func splitQuoted(text string, separator byte) []string {
	var parts []string
	start, quote := 0, byte(0)
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == separator:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}
