package nginx

import (
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Snippets looks for answers in a snippet. That the controller honours it is taken for granted: it is there to be
// honoured.
func Snippets(p *way.ErrorPages, all map[string]string, name, prefix string) {
	text := all[prefix+name]
	if strings.TrimSpace(text) == "" {
		return
	}
	directives, ok := ParseSnippet(text)
	if !ok {
		p.Unknown = append(p.Unknown, reason.Of("error-pages-not-parsed", prefix, name))
		return
	}
	answers(p, directives, directives.Directives, prefix+name)
}

func answers(p *way.ErrorPages, s *nginxconf.Snippet, directives []*syntax.Directive, source string) {
	for _, d := range directives {
		text := ""
		switch {
		case d.Name == "return" && len(d.Args) == 2:
			if code, err := strconv.Atoi(d.Args[0]); err == nil && code >= 400 {
				text = d.Args[1]
			}
		case d.Name == "error_page":
			if target := d.Args; len(target) > 1 && !strings.HasPrefix(target[len(target)-1], "http") {
				p.Unknown = append(p.Unknown, reason.Of("error-page-elsewhere", source))
			}
		}
		if name, ok := s.Written(text); ok {
			p.Echoes = append(p.Echoes, d.Name+" in "+source+" repeats $"+name)
		}
		answers(p, s, d.Block, source)
	}
}
