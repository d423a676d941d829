package edge

import (
	"slices"
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
		switch name := d.name; {
		case name == proxySetHeader && len(d.args) == 2 && strings.EqualFold(d.args[0], Header):
			s := nginxValue(d.args[1], users)
			set = worse(set, &s)
		case name == "proxy_pass_request_headers" && len(d.args) == 1 && d.args[0] == "off":
			cleared = &State{State: IdentityRemoved, Why: "proxy_pass_request_headers is off"}
		case strings.HasPrefix(name, "more_") && strings.HasSuffix(name, "_input_headers"):
			if s := moreInputHeaders(d, users); s != nil {
				cleared = s
			}
		case name == "satisfy" && len(d.args) == 1 && d.args[0] == "any":
			satisfyAny = true
		case name == "allow":
			allows = true
		case name == "rewrite", name == "proxy_pass", name == "grpc_pass", name == "try_files":
			r.rewrites = true
		case name == "include", strings.Contains(name, "_by_lua"), strings.HasPrefix(name, "js_"), strings.HasPrefix(name, "perl"):
			opaque = &State{State: IdentityUnknown, Why: "what " + name + " does cannot be seen"}
			r.opens, r.rewrites = true, true
		case name == "if":
			for _, inner := range d.block {
				r.rewrites = r.rewrites || inner.name == "rewrite" || inner.name == "proxy_pass"
				if strings.HasPrefix(inner.name, "more_") && strings.HasSuffix(inner.name, "_input_headers") &&
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

// directive is one directive of nginx, with the directives in its braces.
type directive struct {
	name  string
	args  []string
	block []directive
}

const (
	// longestSnippet and deepestSnippet bound the work: nobody writes as much into an annotation by hand.
	longestSnippet = 16 << 10
	deepestSnippet = 16
)

// parseSnippet parses the directives of one block; ok is false for text that is no list of directives. Nothing is
// opened: an include stays a directive.
//
// Only the lexer of crossplane is used. Its parser panics on `if (){`, and one that stops at an error leaves the lexer's
// goroutine waiting for ever; here all tokens are taken first.
func parseSnippet(text string) (directives []directive, ok bool) {
	if len(text) > longestSnippet {
		return nil, false
	}
	var tokens []crossplane.NgxToken
	ok = true
	lua := crossplane.LexOptions{Lexers: []crossplane.RegisterLexer{new(crossplane.Lua).RegisterLexer()}}
	for t := range crossplane.LexWithOptions(strings.NewReader(text), lua) {
		ok = ok && t.Error == nil
		if t.IsQuoted || !strings.HasPrefix(t.Value, "#") {
			tokens = append(tokens, t)
		}
	}
	if !ok {
		return nil, false
	}
	directives, rest, ok := parseBlock(tokens, 0)
	return directives, ok && len(rest) == 0
}

// parseBlock parses directives up to the brace that closes the block, or the end of the outermost one.
func parseBlock(tokens []crossplane.NgxToken, depth int) (list []directive, rest []crossplane.NgxToken, ok bool) {
	is := func(t crossplane.NgxToken, mark string) bool { return !t.IsQuoted && t.Value == mark }
	if depth > deepestSnippet {
		return nil, nil, false
	}
	for len(tokens) > 0 {
		if is(tokens[0], "}") {
			return list, tokens[1:], depth > 0
		}
		d := directive{name: tokens[0].Value}
		tokens = tokens[1:]
		for len(tokens) > 0 && !is(tokens[0], ";") && !is(tokens[0], "{") && !is(tokens[0], "}") {
			d.args = append(d.args, tokens[0].Value)
			tokens = tokens[1:]
		}
		if len(tokens) == 0 || is(tokens[0], "}") {
			return nil, nil, false
		}
		open := is(tokens[0], "{")
		tokens = tokens[1:]
		if open {
			if d.block, tokens, ok = parseBlock(tokens, depth+1); !ok {
				return nil, nil, false
			}
		}
		list = append(list, d)
	}
	return list, nil, depth == 0
}

// containsAny says whether one of the directives, at any depth, has one of the names.
func containsAny(directives []directive, names ...string) bool {
	return slices.ContainsFunc(directives, func(d directive) bool {
		return slices.Contains(names, d.name) || containsAny(d.block, names...)
	})
}

// moreInputHeaders reads more_clear_input_headers and more_set_input_headers of the headers-more module: what they make
// of the identity header, nil for nothing.
func moreInputHeaders(d directive, users trust) *State {
	var state *State
	restricted := false
	for _, arg := range d.args {
		if strings.HasPrefix(arg, "-") {
			// -t and -r make it depend on the content type, or on the header being there.
			restricted = true
			continue
		}
		if d.name == "more_clear_input_headers" {
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
		return &State{State: IdentityUnknown, Why: d.name + " applies under a condition"}
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
