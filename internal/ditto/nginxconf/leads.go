package nginxconf

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
)

// lead is a path that nginx itself goes on with, in place of the one that a client asked for: the target of a rewrite,
// of error_page or of try_files. What stands behind a variable is not known.
type lead struct {
	head  string
	whole bool // head is all of it
}

// leads are those of a server. anywhere says that there are more than are told apart.
type leads struct {
	list     []lead
	anywhere bool
}

// maxLeads bounds how many paths are told apart: each is compared with each location.
const maxLeads = 64

// leadsOf collects what may bring a request of a server to a location under another path than the client's.
func (c *Config) leadsOf(srv *Server) leads {
	var all leads
	seen := map[lead]bool{}
	add := func(target string) {
		if strings.HasPrefix(target, "@") || strings.HasPrefix(target, "=") || external(target) {
			return
		}
		target, _, _ = strings.Cut(target, "?")
		head, _, variable := strings.Cut(target, "$")
		l := lead{head: head, whole: !variable}
		switch {
		case seen[l]:
		case len(all.list) == maxLeads:
			all.anywhere = true
		default:
			seen[l] = true
			all.list = append(all.list, l)
		}
	}
	var look func(s *scope)
	look = func(s *scope) {
		for _, d := range s.own["rewrite"] {
			if !answers(d) && (d.Arg(2) != "break" || s.location().kind == kindServer) {
				add(d.Arg(1))
			}
		}
		for _, name := range []string{"error_page", "try_files"} {
			for _, d := range s.own[name] {
				add(d.Arg(len(d.Args) - 1))
			}
		}
		for _, inner := range s.ifs {
			look(inner)
		}
	}
	for _, d := range srv.scope.parent.own["error_page"] {
		add(d.Arg(len(d.Args) - 1))
	}
	for _, s := range srv.scopes {
		look(s)
	}
	return all
}

// answers says whether a rewrite answers with a redirect: the client then asks anew, if it wants to.
func answers(d *syntax.Directive) bool {
	return d.Arg(2) == "redirect" || d.Arg(2) == "permanent" || external(d.Arg(1))
}

func external(target string) bool {
	return strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://") ||
		strings.HasPrefix(target, "$scheme")
}

// takes says whether a location may be where a lead ends.
func (s *scope) takes(l lead) bool {
	if s.re != nil {
		if !l.whole {
			return true
		}
		_, ok, known := s.re.Match(l.head)
		return ok || !known
	}
	if l.whole {
		return strings.HasPrefix(l.head, s.name)
	}
	return strings.HasPrefix(l.head, s.name) || strings.HasPrefix(s.name, l.head)
}
