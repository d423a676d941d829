package haproxy

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// headerValue says what a header set to the value carries. The value is a log-format of HAProxy: text in which
// `%[...]` is evaluated for each request and `%ci` and the like are looked up.
func headerValue(value string, users way.Trust) tri.State {
	text := unquote(strings.TrimSpace(value))
	if text == "" {
		// parse_http_set_header takes an empty argument for a missing one, and HAProxy keeps its old configuration.
		return tri.State{State: way.IdentityUnknown, Why: reason.Of("haproxy-empty-value")}
	}
	result := tri.State{State: way.IdentitySet, Why: "it is set to a constant"}
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			continue
		}
		rest := text[i+1:]
		switch {
		case strings.HasPrefix(rest, "%"):
			i++
		case strings.HasPrefix(rest, "["):
			expression, _, closed := strings.Cut(rest[1:], "]")
			s := haproxyFetch(expression, users)
			if !closed {
				s = tri.State{State: way.IdentityUnknown, Why: reason.Of("haproxy-open-expression")}
			}
			result = *way.Worse(&result, &s)
			i += len(expression) + 1
		default:
			s := tri.State{State: way.IdentityUnknown, Why: reason.Of("haproxy-log-variable")}
			result = *way.Worse(&result, &s)
		}
	}
	return result
}

func haproxyFetch(expression string, users way.Trust) tri.State {
	fetch := strings.TrimSpace(expression)
	if end := strings.IndexAny(fetch, "(,"); end >= 0 {
		fetch = fetch[:end]
	}
	switch fetch {
	case "http_auth_user":
		switch users {
		case way.Verified:
			return tri.State{State: way.IdentitySet,
				Why: "it is set to the user that basic authentication has verified"}
		case way.Doubtful:
			return tri.State{State: way.IdentityUnknown, Why: reason.Of("haproxy-user-of-request")}
		case way.Unverified:
		}
		return tri.State{State: way.IdentityClient,
			Why: "it is set to the user of the request, which nothing has verified there"}
	case "req.hdr", "hdr", "req.fhdr", "req.cook", "cook", "url_param", "urlp", "req.hdrs", "path", "pathq", "url",
		"base", "query", "host":
		return tri.State{State: way.IdentityClient, Why: "it is set to " + fetch + ", which the client controls"}
	}
	return tri.State{State: way.IdentityUnknown, Why: reason.Of("haproxy-fetch", way.Quote(fetch))}
}

// unquote takes a pair of quotes off.
func unquote(text string) string {
	for _, q := range []string{`"`, `'`} {
		if len(text) >= 2 && strings.HasPrefix(text, q) && strings.HasSuffix(text, q) {
			return text[1 : len(text)-1]
		}
	}
	return text
}
