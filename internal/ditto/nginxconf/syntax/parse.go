package syntax

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	crossplane "github.com/nginxinc/nginx-go-crossplane"
)

// Parse makes a tree of the library's tokens. The tree is built here and not by the library's parser, because that one,
// once told not to fail on unknown directives, also accepts a directive that is ended by "}" and then reads on one
// level too deep; nginx refuses such a file.
func Parse(file, source string) ([]*Directive, error) {
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

func (p *parser) block(depth int) ([]*Directive, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("blocks nested more than %d deep", maxDepth)
	}
	list := []*Directive{}
	var d *Directive
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
				d = &Directive{Name: unescape(t.Value), File: p.file, Line: t.Line}
			} else {
				d.Args = append(d.Args, unescape(t.Value))
			}
		case t.Value == "}":
			if d != nil {
				return nil, fmt.Errorf("directive %q is not terminated by \";\"", d.Name)
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
			d.Block = block
			list = append(list, d)
			d = nil
		}
		// The Lua lexer hands the code over as one argument, and ends the directive itself with ";".
	}
	if d != nil {
		return nil, fmt.Errorf("unexpected end of file in directive %q", d.Name)
	}
	if depth > 0 {
		return nil, errors.New(`unexpected end of file, expecting "}"`)
	}
	return list, nil
}

// unescape undoes the escapes that nginx undoes in every token: \" \' \\ and \t \r \n. All others stay, with the
// backslash.
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
