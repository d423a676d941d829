// Package nginx reads snippets of nginx.conf that annotations hold, for the controllers that are nginx.
package nginx

import (
	"slices"
	"strings"

	crossplane "github.com/nginxinc/nginx-go-crossplane"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// SnippetReading is what a piece of nginx configuration in a location does to the identity header.
type SnippetReading struct {
	// Identity is nil if the snippet leaves the header alone.
	Identity *way.State
	// Opens says that the snippet may let clients in without credentials.
	Opens bool
	// Rewrites says that the snippet may change the path.
	Rewrites bool
}

// ReadSnippet interprets the directives of a location. proxySetHeader is the directive that sets headers for the kind of
// backend: proxy_set_header or grpc_set_header. users says what $remote_user is worth there.
func ReadSnippet(text, proxySetHeader string, users way.Trust) SnippetReading {
	directives, ok := ParseSnippet(text)
	if !ok {
		return SnippetReading{
			Identity: &way.State{State: way.IdentityUnknown, Why: "the snippet cannot be parsed"}, Opens: true, Rewrites: true,
		}
	}
	var r SnippetReading
	var cleared, set, opaque *way.State
	satisfyAny, allows := false, false
	for _, d := range directives {
		switch name := d.Name; {
		case name == proxySetHeader && len(d.Args) == 2 && strings.EqualFold(d.Args[0], way.Header):
			s := Value(d.Args[1], users)
			set = way.Worse(set, &s)
		case name == "proxy_pass_request_headers" && len(d.Args) == 1 && d.Args[0] == "off":
			cleared = &way.State{State: way.IdentityRemoved, Why: "proxy_pass_request_headers is off"}
		case strings.HasPrefix(name, "more_") && strings.HasSuffix(name, "_input_headers"):
			if s := moreInputHeaders(d, users); s != nil {
				cleared = s
			}
		case name == "satisfy" && len(d.Args) == 1 && d.Args[0] == "any":
			satisfyAny = true
		case name == "allow":
			allows = true
		case name == "rewrite", name == "proxy_pass", name == "grpc_pass", name == "try_files":
			r.Rewrites = true
		case name == "include", strings.Contains(name, "_by_lua"), strings.HasPrefix(name, "js_"), strings.HasPrefix(name, "perl"):
			opaque = &way.State{State: way.IdentityUnknown, Why: "what " + name + " does cannot be seen"}
			r.Opens, r.Rewrites = true, true
		case name == "if":
			for _, inner := range d.block {
				r.Rewrites = r.Rewrites || inner.Name == "rewrite" || inner.Name == "proxy_pass"
				if strings.HasPrefix(inner.Name, "more_") && strings.HasSuffix(inner.Name, "_input_headers") &&
					moreInputHeaders(inner, users) != nil {
					opaque = &way.State{State: way.IdentityUnknown, Why: "the header is changed under a condition"}
				}
			}
		}
	}
	r.Opens = r.Opens || satisfyAny && allows
	switch {
	case opaque != nil:
		r.Identity = opaque
	case set != nil:
		r.Identity = set
	default:
		r.Identity = cleared
	}
	return r
}

// Directive is one directive of nginx, with the directives in its braces.
type Directive struct {
	Name  string
	Args  []string
	block []Directive
}

const (
	// longestSnippet and deepestSnippet bound the work: nobody writes as much into an annotation by hand.
	longestSnippet = 16 << 10
	deepestSnippet = 16
)

// ParseSnippet parses the directives of one block; ok is false for text that is no list of directives. Nothing is
// opened: an include stays a directive.
//
// Only the lexer of crossplane is used. Its parser panics on `if (){`, and one that stops at an error leaves the lexer's
// goroutine waiting for ever; here all tokens are taken first.
func ParseSnippet(text string) (directives []Directive, ok bool) {
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
func parseBlock(tokens []crossplane.NgxToken, depth int) (list []Directive, rest []crossplane.NgxToken, ok bool) {
	is := func(t crossplane.NgxToken, mark string) bool { return !t.IsQuoted && t.Value == mark }
	if depth > deepestSnippet {
		return nil, nil, false
	}
	for len(tokens) > 0 {
		if is(tokens[0], "}") {
			return list, tokens[1:], depth > 0
		}
		d := Directive{Name: tokens[0].Value}
		tokens = tokens[1:]
		for len(tokens) > 0 && !is(tokens[0], ";") && !is(tokens[0], "{") && !is(tokens[0], "}") {
			d.Args = append(d.Args, tokens[0].Value)
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

// ContainsAny says whether one of the directives, at any depth, has one of the names.
func ContainsAny(directives []Directive, names ...string) bool {
	return slices.ContainsFunc(directives, func(d Directive) bool {
		return slices.Contains(names, d.Name) || ContainsAny(d.block, names...)
	})
}

// moreInputHeaders reads more_clear_input_headers and more_set_input_headers of the headers-more module: what they make
// of the identity header, nil for nothing.
func moreInputHeaders(d Directive, users way.Trust) *way.State {
	var state *way.State
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
					state = &way.State{State: way.IdentityRemoved, Why: "more_clear_input_headers clears it"}
				}
			}
			continue
		}
		if name, value, ok := strings.Cut(arg, ":"); ok && strings.EqualFold(strings.TrimSpace(name), way.Header) {
			s := Value(strings.TrimSpace(value), users)
			state = &s
		}
	}
	if state != nil && restricted {
		return &way.State{State: way.IdentityUnknown, Why: d.Name + " applies under a condition"}
	}
	return state
}

// Value says what a header set to the value carries. Of several variables the worst counts.
func Value(value string, users way.Trust) way.State {
	if value == "" {
		return way.State{State: way.IdentityRemoved, Why: "it is set to the empty string, which nginx does not send"}
	}
	result := way.State{State: way.IdentitySet, Why: "it is set to a constant"}
	names, constant := Variables(value)
	for _, name := range names {
		s := nginxVariable(name, users, constant)
		result = *way.Worse(&result, &s)
	}
	return result
}

func nginxVariable(name string, users way.Trust, constant bool) way.State {
	switch {
	case name == "remote_user" && users == way.Verified:
		return way.State{State: way.IdentitySet, Why: "it is set to $remote_user, which basic authentication has verified"}
	case name == "remote_user" && users == way.Doubtful:
		return way.State{State: way.IdentityUnknown, Why: "it is set to $remote_user, and whether that is verified cannot be determined"}
	case name == "remote_user":
		return way.State{State: way.IdentityClient, Why: "it is set to $remote_user, which nothing has verified there"}
	case way.FromClient(name):
		return way.State{State: way.IdentityClient, Why: "it is set to $" + name + ", which the client controls"}
	case fixedVariable(name):
		return way.State{State: way.IdentitySet, Why: "it is set to $" + name}
	case strings.HasPrefix(name, "jwt_claim_") && !constant:
		return way.State{State: way.IdentityEmpty, Why: "it is set to $" + name + ", which is empty without a token"}
	}
	return way.State{State: way.IdentityUnknown, Why: "it is set to $" + name + ", and what that holds cannot be seen"}
}

// fixedVariable says whether a variable of nginx is never empty and never the client's to choose freely.
func fixedVariable(name string) bool {
	switch name {
	case "remote_addr", "server_name", "server_addr", "server_port", "scheme", "request_id", "hostname", "binary_remote_addr":
		return true
	}
	return false
}

// Variables lists the variables in a value; constant says whether it holds anything besides.
func Variables(value string) (names []string, constant bool) {
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
