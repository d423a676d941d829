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

// configValue is the word of a line of HAProxy's configuration that a value is written into as it stands, in which a
// space that is neither quoted nor escaped ends it; behind it there may be a condition. When it is not certainly that,
// refused says why.
func configValue(value string) (word string, refused *tri.State) {
	words := configWords(value)
	switch {
	case len(words) == 0 || unquote(words[0]) == "":
		return "", &tri.State{State: way.IdentityUnknown, Why: reason.Of("haproxy-empty-value")}
	case len(words) > 1 && (words[1] == "if" || words[1] == "unless"):
		return "", &tri.State{State: way.IdentityUnknown, Why: reason.Of("haproxy-header-under-condition", "a rule")}
	case len(words) > 1:
		return "", &tri.State{State: way.IdentityUnknown, Why: reason.Of("haproxy-words", way.Quote(words[1]))}
	}
	return words[0], nil
}

// configWords splits a line as HAProxy does, with quotes and escapes left as they are; a `#` begins a comment.
func configWords(line string) []string {
	var words []string
	var word strings.Builder
	began, quote := false, byte(0)
	end := func() {
		if began {
			words = append(words, word.String())
		}
		word.Reset()
		began = false
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == 0 && (c == ' ' || c == '\t'):
			end()
			continue
		case quote == 0 && c == '#':
			end()
			return words
		case c == '\\' && quote != '\'' && i+1 < len(line):
			word.WriteByte(c)
			i++
			c = line[i]
		case quote == c:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
		began = true
		word.WriteByte(c)
	}
	end()
	return words
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
