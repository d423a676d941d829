package nginxconf

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	crossplane "github.com/nginxinc/nginx-go-crossplane"
)

// Bounds on what is read. An nginx configuration that comes from ConfigMaps stays far below all of them.
const (
	maxFileSize   = 1 << 20
	maxDirectives = 20_000
	// maxListens bounds the ports that all servers listen on: one directive can name them all.
	maxListens  = 5_000
	maxDepth    = 64
	maxIncludes = 16
)

// directive is one statement with where it stands. block is nil for a simple directive.
type directive struct {
	name  string
	args  []string
	block []*directive
	file  string
	line  int
	// missing marks an include whose file is not at hand, glob one that is a pattern.
	missing, glob bool
}

func (d *directive) at() string { return fmt.Sprintf("%s:%d", d.file, d.line) }

// arg is the i-th argument, or "".
func (d *directive) arg(i int) string {
	if i >= 0 && i < len(d.args) {
		return d.args[i]
	}
	return ""
}

// loader turns files into one tree. Each file is tokenised once, however often it is included.
type loader struct {
	files   map[string]string
	dir     string
	parsed  map[string][]*directive
	count   int
	unknown *notes
	missing []Missing
}

// Missing is an include that is not at hand, and that may hold anything. What is included beside a proxy_pass is left to that
// route, which says it.
type Missing struct {
	// Name is an absolute path, or a pattern of such. Note is what Config.Unknown says of it.
	Name, Note string
}

// load is the tree of a file with its includes in place.
func (l *loader) load(file string, stack []string) ([]*directive, error) {
	if slices.Contains(stack, file) {
		return nil, fmt.Errorf("reading %s: included by itself: %s", file, strings.Join(append(stack, file), " > "))
	}
	if len(stack) >= maxIncludes {
		return nil, fmt.Errorf("reading %s: included more than %d files deep", file, maxIncludes)
	}
	list, ok := l.parsed[file]
	if !ok {
		var err error
		if list, err = parseFile(file, l.files[file]); err != nil {
			return nil, err
		}
		l.parsed[file] = list
	}
	return l.expand(list, append(slices.Clone(stack), file))
}

func (l *loader) expand(list []*directive, stack []string) ([]*directive, error) {
	out := make([]*directive, 0, len(list))
	forwards := slices.ContainsFunc(list, func(d *directive) bool { return d.name == "proxy_pass" || d.name == "grpc_pass" })
	for _, d := range list {
		if l.count++; l.count > maxDirectives {
			return nil, fmt.Errorf("reading %s: more than %d directives with all includes", stack[0], maxDirectives)
		}
		if d.name == "include" && d.block == nil {
			included, err := l.include(d, forwards, stack)
			if err != nil {
				return nil, err
			}
			out = append(out, included...)
			continue
		}
		if d.block != nil {
			block, err := l.expand(d.block, stack)
			if err != nil {
				return nil, err
			}
			copied := *d
			copied.block = block
			d = &copied
		}
		out = append(out, d)
	}
	return out, nil
}

// include answers one include directive: relative to the directory of the main file, as nginx resolves it. forwards says that
// its block forwards requests.
func (l *loader) include(d *directive, forwards bool, stack []string) ([]*directive, error) {
	if len(d.args) != 1 {
		return nil, fmt.Errorf("reading %s: include takes one file name, got %d", d.at(), len(d.args))
	}
	name := d.args[0]
	if !path.IsAbs(name) {
		name = path.Join(l.dir, name)
	}
	name = path.Clean(name)
	var found []string
	if strings.ContainsAny(name, "*?[") {
		for file := range l.files {
			if ok, err := path.Match(name, file); err == nil && ok && !strings.HasPrefix(path.Base(file), ".") {
				found = append(found, file)
			}
		}
		sort.Strings(found)
	} else if _, ok := l.files[name]; ok {
		found = []string{name}
	}
	if len(found) == 0 {
		if shipped(name) {
			return nil, nil
		}
		note := fmt.Sprintf("include %s at %s: not among the mounted files", d.args[0], d.at())
		l.unknown.add("%s", note)
		if !forwards {
			l.missing = append(l.missing, Missing{Name: name, Note: note})
		}
		missing := *d
		missing.missing, missing.glob = true, strings.ContainsAny(name, "*?[")
		return []*directive{&missing}, nil
	}
	var out []*directive
	for _, file := range found {
		list, err := l.load(file, stack)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// shipped tells files that come with nginx and cannot change where a request goes. proxy_params is not one of them: it holds
// proxy_set_header, which drops every inherited header.
func shipped(name string) bool {
	switch path.Base(name) {
	case "mime.types", "fastcgi.conf", "fastcgi_params", "uwsgi_params", "scgi_params", "koi-utf", "koi-win", "win-utf":
		return true
	}
	return strings.HasSuffix(name, "/modules-enabled/*.conf") || name == "/usr/share/nginx/modules/*.conf"
}

// parseFile makes a tree of the library's tokens. The tree is built here and not by the library's parser, because that one,
// once told not to fail on unknown directives, also accepts a directive that is ended by "}" and then reads on one level too
// deep; nginx refuses such a file.
func parseFile(file, source string) ([]*directive, error) {
	if len(source) > maxFileSize {
		return nil, fmt.Errorf("reading %s: %d bytes, at most %d are read", file, len(source), maxFileSize)
	}
	if !utf8.ValidString(source) || strings.ContainsRune(source, 0) {
		return nil, fmt.Errorf("reading %s: not UTF-8 text", file)
	}
	tokens := crossplane.LexWithOptions(strings.NewReader(source), crossplane.LexOptions{
		Lexers: []crossplane.RegisterLexer{(&crossplane.Lua{}).RegisterLexer()},
	})
	// The lexer writes to a bounded channel: what is not read would keep its goroutine forever.
	defer func() {
		for range tokens {
		}
	}()
	p := &parser{file: file, tokens: tokens}
	list, err := p.block(0)
	if err != nil {
		return nil, fmt.Errorf("reading %s:%d: %w", file, p.line, err)
	}
	return list, nil
}

type parser struct {
	file   string
	line   int
	tokens chan crossplane.NgxToken
}

func (p *parser) block(depth int) ([]*directive, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("blocks nested more than %d deep", maxDepth)
	}
	list := []*directive{}
	var d *directive
	for t := range p.tokens {
		p.line = t.Line
		if t.Error != nil {
			if pe, ok := errors.AsType[*crossplane.ParseError](t.Error); ok {
				return nil, errors.New(pe.What)
			}
			return nil, t.Error
		}
		if !t.IsQuoted && strings.HasPrefix(t.Value, "#") {
			continue
		}
		switch {
		case t.IsQuoted || (t.Value != "{" && t.Value != "}" && t.Value != ";"):
			if d == nil {
				d = &directive{name: unescape(t.Value), file: p.file, line: t.Line}
			} else {
				d.args = append(d.args, unescape(t.Value))
			}
		case t.Value == "}":
			if d != nil {
				return nil, fmt.Errorf("directive %q is not terminated by \";\"", d.name)
			}
			if depth == 0 {
				return nil, errors.New(`unexpected "}"`)
			}
			return list, nil
		case d == nil:
			return nil, fmt.Errorf("unexpected %q", t.Value)
		case t.Value == ";":
			list = append(list, d)
			d = nil
		default:
			block, err := p.block(depth + 1)
			if err != nil {
				return nil, err
			}
			d.block = block
			list = append(list, d)
			d = nil
		}
		// The Lua lexer hands the code over as one argument, and ends the directive itself with ";".
	}
	if d != nil {
		return nil, fmt.Errorf("unexpected end of file in directive %q", d.name)
	}
	if depth > 0 {
		return nil, errors.New(`unexpected end of file, expecting "}"`)
	}
	return list, nil
}

// unescape undoes the escapes that nginx undoes in every token: \" \' \\ and \t \r \n. All others stay, with the backslash.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			switch s[i+1] {
			case '"', '\'', '\\':
				b.WriteByte(s[i+1])
				i++
				continue
			case 't', 'r', 'n':
				b.WriteByte(map[byte]byte{'t': '\t', 'r': '\r', 'n': '\n'}[s[i+1]])
				i++
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// notes are sentences without repetition, in the order they came up.
type notes struct {
	list []string
	seen map[string]bool
}

func (n *notes) add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if n.seen[text] {
		return
	}
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	n.seen[text] = true
	n.list = append(n.list, text)
}
