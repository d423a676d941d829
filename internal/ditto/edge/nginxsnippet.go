package edge

import (
	"io"
	"strings"

	crossplane "github.com/nginxinc/nginx-go-crossplane"
)

// snippetReading is what a piece of nginx configuration in a location does to the identity header.
type snippetReading struct {
	// identity is nil if the snippet leaves the header alone.
	identity *State
	// opens says that the snippet may let clients in without credentials.
	opens bool
	// rewrites says that the snippet may change the path.
	rewrites bool
}

// readSnippet interprets the directives of a location. proxySetHeader is the directive that sets headers for the kind of
// backend: proxy_set_header or grpc_set_header. users says what $remote_user is worth there.
func readSnippet(text, proxySetHeader string, users trust) snippetReading {
	directives, ok := parseSnippet(text)
	if !ok {
		return snippetReading{
			identity: &State{State: IdentityUnknown, Why: "the snippet cannot be parsed"}, opens: true, rewrites: true,
		}
	}
	var r snippetReading
	var cleared, set, opaque *State
	satisfyAny, allows := false, false
	for _, d := range directives {
		switch name := d.Directive; {
		case name == proxySetHeader && len(d.Args) == 2 && strings.EqualFold(d.Args[0], Header):
			s := nginxValue(d.Args[1], users)
			set = worse(set, &s)
		case name == "proxy_pass_request_headers" && len(d.Args) == 1 && d.Args[0] == "off":
			cleared = &State{State: IdentityRemoved, Why: "proxy_pass_request_headers is off"}
		case strings.HasPrefix(name, "more_") && strings.HasSuffix(name, "_input_headers"):
			if s := moreInputHeaders(d, users); s != nil {
				cleared = s
			}
		case name == "satisfy" && len(d.Args) == 1 && d.Args[0] == "any":
			satisfyAny = true
		case name == "allow":
			allows = true
		case name == "rewrite", name == "proxy_pass", name == "grpc_pass", name == "try_files":
			r.rewrites = true
		case name == "include", strings.Contains(name, "_by_lua"), strings.HasPrefix(name, "js_"), strings.HasPrefix(name, "perl"):
			opaque = &State{State: IdentityUnknown, Why: "what " + name + " does cannot be seen"}
			r.opens, r.rewrites = true, true
		case name == "if":
			for _, inner := range d.Block {
				r.rewrites = r.rewrites || inner.Directive == "rewrite" || inner.Directive == "proxy_pass"
				if strings.HasPrefix(inner.Directive, "more_") && strings.HasSuffix(inner.Directive, "_input_headers") &&
					moreInputHeaders(inner, users) != nil {
					opaque = &State{State: IdentityUnknown, Why: "the header is changed under a condition"}
				}
			}
		}
	}
	r.opens = r.opens || satisfyAny && allows
	switch {
	case opaque != nil:
		r.identity = opaque
	case set != nil:
		r.identity = set
	default:
		r.identity = cleared
	}
	return r
}

// parseSnippet parses the directives of one block; ok is false for text that is no list of directives. Nothing is
// opened: an include stays a directive.
func parseSnippet(text string) (directives crossplane.Directives, ok bool) {
	payload, err := crossplane.Parse("snippet", &crossplane.ParseOptions{
		Open:                      func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
		SingleFile:                true,
		StopParsingOnError:        true,
		SkipDirectiveContextCheck: true,
		SkipDirectiveArgsCheck:    true,
		LexOptions:                crossplane.LexOptions{Lexers: []crossplane.RegisterLexer{new(crossplane.Lua).RegisterLexer()}},
	})
	if err != nil || len(payload.Errors) > 0 || len(payload.Config) != 1 {
		return nil, false
	}
	return payload.Config[0].Parsed, true
}

// moreInputHeaders reads more_clear_input_headers and more_set_input_headers of the headers-more module: what they make
// of the identity header, nil for nothing.
func moreInputHeaders(d *crossplane.Directive, users trust) *State {
	var state *State
	restricted := false
	for _, arg := range d.Args {
		if strings.HasPrefix(arg, "-") {
			// -t and -r make it depend on the content type, or on the header being there.
			restricted = true
			continue
		}
		if d.Directive == "more_clear_input_headers" {
			for name := range strings.FieldsSeq(arg) {
				prefix, star := strings.CutSuffix(strings.ToLower(name), "*")
				if strings.EqualFold(name, Header) || star && strings.HasPrefix(Header, prefix) {
					state = &State{State: IdentityRemoved, Why: "more_clear_input_headers clears it"}
				}
			}
			continue
		}
		if name, value, ok := strings.Cut(arg, ":"); ok && strings.EqualFold(strings.TrimSpace(name), Header) {
			s := nginxValue(strings.TrimSpace(value), users)
			state = &s
		}
	}
	if state != nil && restricted {
		return &State{State: IdentityUnknown, Why: d.Directive + " applies under a condition"}
	}
	return state
}

// trust says what the name of a user is worth at a place.
type trust int

const (
	// unverified: nobody checked the credentials the name was read from.
	unverified trust = iota
	// verified: a request without valid credentials does not get there.
	verified
	// doubtful: it cannot be told which.
	doubtful
)

// nginxValue says what a header set to the value carries. Of several variables the worst counts.
func nginxValue(value string, users trust) State {
	if value == "" {
		return State{State: IdentityRemoved, Why: "it is set to the empty string, which nginx does not send"}
	}
	result := State{State: IdentitySet, Why: "it is set to a constant"}
	names, constant := nginxVariables(value)
	for _, name := range names {
		s := nginxVariable(name, users, constant)
		result = *worse(&result, &s)
	}
	return result
}

func nginxVariable(name string, users trust, constant bool) State {
	switch {
	case name == "remote_user" && users == verified:
		return State{State: IdentitySet, Why: "it is set to $remote_user, which basic authentication has verified"}
	case name == "remote_user" && users == doubtful:
		return State{State: IdentityUnknown, Why: "it is set to $remote_user, and whether that is verified cannot be told"}
	case name == "remote_user":
		return State{State: IdentityClient, Why: "it is set to $remote_user, which nothing has verified there"}
	case fromClient(name):
		return State{State: IdentityClient, Why: "it is set to $" + name + ", which the client writes"}
	case fixedVariable(name):
		return State{State: IdentitySet, Why: "it is set to $" + name}
	case strings.HasPrefix(name, "jwt_claim_") && !constant:
		return State{State: IdentityEmpty, Why: "it is set to $" + name + ", which is empty without a token"}
	}
	return State{State: IdentityUnknown, Why: "it is set to $" + name + ", and what that holds cannot be seen"}
}

// fromClient says whether a variable of nginx holds what the client wrote.
func fromClient(name string) bool {
	for _, prefix := range []string{"http_", "arg_", "cookie_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "args", "query_string", "request_uri", "uri", "document_uri", "request", "host", "is_args":
		return true
	}
	return false
}

// fixedVariable says whether a variable of nginx is never empty and never the client's to choose freely.
func fixedVariable(name string) bool {
	switch name {
	case "remote_addr", "server_name", "server_addr", "server_port", "scheme", "request_id", "hostname", "binary_remote_addr":
		return true
	}
	return false
}

// nginxVariables lists the variables in a value; constant says whether it holds anything besides.
func nginxVariables(value string) (names []string, constant bool) {
	for i := 0; i < len(value); i++ {
		if value[i] != '$' {
			constant = true
			continue
		}
		rest := value[i+1:]
		brace := strings.HasPrefix(rest, "{")
		if brace {
			rest = rest[1:]
		}
		end := 0
		for end < len(rest) && (rest[end] == '_' || rest[end]|0x20 >= 'a' && rest[end]|0x20 <= 'z' || rest[end] >= '0' && rest[end] <= '9') {
			end++
		}
		names = append(names, strings.ToLower(rest[:end]))
		i += end
		if brace {
			i += 2
		}
	}
	return names, constant
}

// worse is the less safe of two readings, the second if they are equally safe. nil is no reading.
func worse(a, b *State) *State {
	switch {
	case a == nil:
		return b
	case b == nil || badness(a.State) > badness(b.State):
		return a
	}
	return b
}

func badness(state string) int {
	switch state {
	case IdentityClient:
		return 4
	case IdentityUnknown:
		return 3
	case IdentityRemoved:
		return 2
	case IdentityEmpty:
		return 1
	}
	return 0
}
