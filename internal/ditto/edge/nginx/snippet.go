// Package nginx reads snippets of nginx.conf that annotations hold, for the controllers that are nginx. What they do is
// what nginxconf says of any other scope.
package nginx

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// SnippetReading is what a piece of nginx configuration in a location does to the identity header.
type SnippetReading struct {
	// Identity is nil if the snippet leaves the header alone.
	Identity *tri.State
	// Opens says that the snippet may let clients in without credentials.
	Opens bool
	// Rewrites says that the snippet may change the path.
	Rewrites bool
}

// ReadSnippet interprets the directives of a location. proxySetHeader is the directive that sets headers for the kind
// of backend: proxy_set_header or grpc_set_header. users says what $remote_user is worth there.
func ReadSnippet(text, proxySetHeader string, users way.Trust) SnippetReading {
	s, err := nginxconf.ReadSnippet(text)
	if err != nil {
		return SnippetReading{
			Identity: &tri.State{State: way.IdentityUnknown, Why: reason.Of("snippet-not-parsed")}, Opens: true,
			Rewrites: true,
		}
	}
	return SnippetReading{Identity: identity(s, proxySetHeader, users), Opens: s.Opens(), Rewrites: s.Rewrites()}
}

func identity(s *nginxconf.Snippet, proxySetHeader string, users way.Trust) (state *tri.State) {
	if name := s.Unread(); name != "" {
		return &tri.State{State: way.IdentityUnknown, Why: reason.Of("snippet-directive-not-read", name)}
	}
	for _, d := range s.Directives {
		for _, inner := range d.Block {
			if moreInputHeaders(inner, users) != nil {
				return &tri.State{State: way.IdentityUnknown, Why: reason.Of("snippet-header-under-condition")}
			}
		}
		if d.Name == "proxy_pass_request_headers" && d.Arg(0) == "off" {
			state = &tri.State{State: way.IdentityRemoved, Why: "proxy_pass_request_headers is off"}
		} else if more := moreInputHeaders(d, users); more != nil {
			state = more
		}
	}
	if v, ok := s.Identity(proxySetHeader, trusted(users)); ok {
		return new(said(v, users))
	}
	return state
}

// ParseSnippet reads the directives of one block; ok is false for text that is no list of directives. Nothing is
// opened: an include stays a directive.
func ParseSnippet(text string) (s *nginxconf.Snippet, ok bool) {
	s, err := nginxconf.ReadSnippet(text)
	return s, err == nil
}

// ofPath is a variable of nginx that holds the path, or the line of the request with it.
var ofPath = regexp.MustCompile(`\$\{?(?i:uri|request_uri|document_uri|request)\b`)

// AnswersPaths says whether a snippet may answer some paths itself: it has a condition on the path.
func AnswersPaths(text string) bool {
	s, ok := ParseSnippet(text)
	return ok && slices.ContainsFunc(s.Directives, func(d *syntax.Directive) bool {
		return d.Name == "if" && slices.ContainsFunc(d.Args, ofPath.MatchString)
	})
}

// moreInputHeaders reads more_clear_input_headers and more_set_input_headers of the headers-more module: what they make
// of the identity header, nil for nothing.
func moreInputHeaders(d *syntax.Directive, users way.Trust) *tri.State {
	if !strings.HasPrefix(d.Name, "more_") || !strings.HasSuffix(d.Name, "_input_headers") {
		return nil
	}
	var state *tri.State
	restricted := false
	for _, arg := range d.Args {
		if strings.HasPrefix(arg, "-") {
			// -t and -r make it depend on the content type, or on the header being there.
			restricted = true
			continue
		}
		if d.Name == "more_clear_input_headers" {
			for name := range strings.FieldsSeq(arg) {
				prefix, star := strings.CutSuffix(strings.ToLower(name), "*")
				if strings.EqualFold(name, way.Header) || star && strings.HasPrefix(way.Header, prefix) {
					state = &tri.State{State: way.IdentityRemoved, Why: "more_clear_input_headers clears it"}
				}
			}
			continue
		}
		if name, value, ok := strings.Cut(arg, ":"); ok && strings.EqualFold(strings.TrimSpace(name), way.Header) {
			state = new(Value(strings.TrimSpace(value), users))
		}
	}
	if state != nil && restricted {
		return &tri.State{State: way.IdentityUnknown, Why: reason.Of("snippet-directive-under-condition", d.Name)}
	}
	return state
}

// Value says what a header set to the value carries. Of several variables the worst counts.
func Value(value string, users way.Trust) tri.State {
	return said(nginxconf.ValueOf(value, trusted(users)), users)
}

// trusted is what nginxconf calls it.
func trusted(users way.Trust) string {
	return map[way.Trust]string{way.Unverified: tri.Off, way.Verified: tri.On,
		way.Doubtful: tri.Unknown}[users]
}

// said is a value in words.
func said(v nginxconf.Value, users way.Trust) tri.State {
	state := tri.State{State: v.State, Why: "it is set to $" + v.Variable}
	switch {
	case v.State == way.IdentityRemoved:
		state.Why = "it is set to the empty string, which nginx does not send"
	case v.State == way.IdentityClient && v.Variable == "remote_user":
		state.Why += ", which nothing has verified there"
	case v.State == way.IdentityClient:
		state.Why += ", which the client controls"
	case v.State == way.IdentityUnknown && v.Variable == "":
		state.Why = reason.Of("snippet-header-variable")
	case v.State == way.IdentityUnknown && v.Variable == "remote_user":
		state.Why += ", and whether that is verified cannot be determined"
	case v.State == way.IdentityUnknown:
		state.Why += ", and what that holds cannot be seen"
	case v.State == way.IdentityEmpty && strings.HasPrefix(v.Variable, "jwt_"):
		state.Why += ", which is empty without a token"
	case v.State == way.IdentityEmpty:
		state.Why += ", which can be empty"
	case v.Variable == "":
		state.Why = "it is set to a constant"
	case v.Variable == "remote_user" && users == way.Verified:
		state.Why += ", which basic authentication has verified"
	}
	return state
}

// Written is the first variable in a text that holds what the client writes. Who a user is counts as verified.
func Written(text string) (variable string, ok bool) {
	s, err := nginxconf.ReadSnippet("")
	if err != nil {
		return "", false
	}
	variable, ok = s.Written(text)
	return variable, ok && variable != "remote_user"
}
