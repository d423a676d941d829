package traefik

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// parsedRule is a rule of Traefik as a judgement needs it: which paths some request can have that it matches. Host,
// method, headers and query are a client's to choose.
type parsedRule struct {
	path way.Matcher
	// asks is what a client asks for: `ditto.example.com/api`.
	asks string
	// alternatives are what the rule is made of.
	alternatives []alternative
	// addresses says that only clients with certain addresses can fulfil the rule.
	addresses bool
	// excludesIdentity says that the rule turns requests away by their identity header or query parameter.
	excludesIdentity bool
}

// The rule syntaxes of Traefik.
const (
	syntaxV2 = "v2"
	syntaxV3 = "v3"
)

// readRule reads a rule in the syntax that is stated. Without one it is v3's, unless only v2's fits: which of the
// two Traefik takes by default is in its own configuration.
func readRule(text, syntax string) (parsedRule, error) {
	node, err := parseRule(text)
	if err != nil {
		return parsedRule{}, err
	}
	alternatives, ok := node.alternatives()
	if !ok {
		return parsedRule{}, fmt.Errorf("the rule has more than %d alternatives", mostAlternatives)
	}
	if syntax != syntaxV2 && syntax != syntaxV3 {
		syntax = syntaxV3
		if older(alternatives) {
			syntax = syntaxV2
		}
	}
	rule := parsedRule{addresses: true}
	var all []alternative
	for _, matchers := range alternatives {
		a := alternative{}
		for _, m := range matchers {
			if err := a.add(m, syntax); err != nil {
				return parsedRule{}, err
			}
		}
		a.settle()
		if a.never {
			continue
		}
		rule.addresses = rule.addresses && a.addresses
		rule.excludesIdentity = rule.excludesIdentity || a.excludesIdentity
		all = append(all, a)
	}
	rule.addresses = rule.addresses && len(all) > 0
	rule.path, rule.alternatives = pathOf(all), all
	rule.asks = asksOf(all, text)
	return rule, nil
}

// older says whether a rule is written for v2: by its matchers, their number of arguments, or patterns in braces.
func older(alternatives [][]ruleNode) bool {
	for _, matchers := range alternatives {
		for _, m := range matchers {
			switch strings.ToLower(m.name) {
			case "headers", "headersregexp", "hostheader":
				return true
			case "path", "pathprefix":
				if len(m.args) > 1 || slices.ContainsFunc(m.args,
					func(a string) bool { return strings.Contains(a, "{") }) {
					return true
				}
			case "host", "hostregexp", "method", "clientip":
				if len(m.args) > 1 {
					return true
				}
			case "query":
				if slices.ContainsFunc(m.args, func(a string) bool { return strings.Contains(a, "=") }) {
					return true
				}
			}
		}
	}
	return false
}

// alternative is a list of matchers that a request has to fulfil together.
type alternative struct {
	paths []pathCondition
	// hosts and methods are the lists that host and method have to be out of.
	hosts, methods [][]string
	all            []ruleNode
	// never says that no request can fulfil it; open, if it is not empty, why that cannot be determined.
	never bool
	open  string
	// addresses and excludesIdentity are as in parsedRule.
	addresses, excludesIdentity bool
	hostPatterns                bool
}

type pathCondition struct {
	way.Matcher
	not bool
}

// add reads one matcher (pkg/muxer/http: matcher.go, matcher_v2.go).
func (a *alternative) add(m ruleNode, syntax string) error {
	if len(m.args) == 0 || slices.Contains(m.args, "") {
		return fmt.Errorf("%s: expected an argument", m.name)
	}
	most := len(m.args)
	name := strings.ToLower(m.name)
	switch name {
	case "path", "pathprefix", "pathregexp":
		matcher, err := pathMatcher(name, m.args, syntax)
		if err != nil {
			return err
		}
		a.paths = append(a.paths, pathCondition{matcher, m.not})
		if syntax == syntaxV3 {
			most = 1
		}
	case "host", "hostheader":
		if !m.not && !slices.Contains(m.args, "*") {
			hosts := lowered(m.args)
			for i := range hosts {
				hosts[i] = strings.TrimSuffix(hosts[i], ".") // of the root, which is looked past
			}
			a.hosts = append(a.hosts, hosts)
		}
		if syntax == syntaxV3 {
			most = 1
		}
	case "hostregexp":
		a.hostPatterns = true
	case "method":
		if !m.not {
			a.methods = append(a.methods, lowered(m.args))
		}
	case "clientip":
		a.addresses = a.addresses || !m.not && !way.EveryAddress(m.args)
	case "header", "headerregexp", "headers", "headersregexp", "query", "queryregexp":
		a.excludesIdentity = a.excludesIdentity || m.not && slices.ContainsFunc(m.args, func(arg string) bool {
			key, _, _ := strings.Cut(arg, "=")
			return strings.EqualFold(key, way.Header)
		})
	default:
		return fmt.Errorf("the matcher %s is not known", m.name)
	}
	if len(m.args) > most {
		return fmt.Errorf("%s: expected %d argument, found %d", m.name, most, len(m.args))
	}
	a.all = append(a.all, m)
	return nil
}

// settle finds out whether the matchers contradict one another.
func (a *alternative) settle() {
	for i, m := range a.all {
		for _, other := range a.all[i+1:] {
			if m.not != other.not && strings.EqualFold(m.name, other.name) && slices.Equal(m.args, other.args) {
				a.never = true
			}
		}
	}
	if len(a.methods) > 1 && len(common(a.methods)) == 0 {
		a.never = true
	}
	switch {
	case len(a.hosts) > 1 && len(common(a.hosts)) == 0:
		if slices.ContainsFunc(a.hosts, func(list []string) bool { return slices.ContainsFunc(list, isWildcard) }) {
			a.open = "the rule asks for several hosts at once"
		} else {
			a.never = true
		}
	case len(a.hosts) > 0 && a.hostPatterns:
		a.open = "the rule asks for a host and for a pattern of hosts at once"
	}
	if a.addresses {
		a.open = "only clients with certain addresses get in, and which address Traefik sees depends on what is in front of it"
	}
}

// matches says whether some request with the path fulfils the alternative; why says what keeps that from being decided.
func (a alternative) matches(path string) (matches, known bool, why string) {
	why = a.open
	for _, c := range a.paths {
		matches, known := c.Matches(path)
		switch {
		case known && !matches && !c.not:
			return false, true, ""
		case !known:
			why = c.Why
		case matches && c.not:
			why = reason.Of("rule-excludes-paths")
		}
	}
	return why == "", why == "", why
}

// literal is the longest text that every path starts with.
func (a alternative) literal() string {
	longest := ""
	for _, c := range a.paths {
		if !c.not && len(c.Matcher.Literal) > len(longest) {
			longest = c.Matcher.Literal
		}
	}
	return longest
}

// takes are the paths that fulfil the alternative; nil where they cannot be written as patterns.
func (a alternative) takes() []requests.Paths {
	if a.open != "" {
		return nil
	}
	list := []requests.Paths{requests.Everything()}
	for _, c := range a.paths {
		if c.not || c.Matcher.Paths == nil {
			return nil
		}
		list = append(list, c.Matcher.Paths...)
	}
	return list
}

// lets are the requests of a router with the rule, if each alternative is followed by the stages; nil where a part of
// it cannot be determined.
func (r parsedRule) lets(text string, stages []way.Stage) requests.Set {
	var set requests.Set
	for _, a := range r.alternatives {
		taken := a.takes()
		if taken == nil || a.hostPatterns {
			return nil
		}
		hosts := common(a.hosts)
		if len(a.hosts) == 0 {
			hosts = []string{"*"}
		}
		path := way.Through(append([]way.Stage{way.Matching(pathOf([]alternative{a}))}, stages...))
		box := requests.Box{Hosts: way.RequestedHosts(hosts), Paths: path.Arrives(text)}
		for _, m := range a.all {
			if m.not && strings.HasPrefix(strings.ToLower(m.name), "host") {
				return nil
			}
			if !strings.HasPrefix(strings.ToLower(m.name), "path") &&
				!strings.HasPrefix(strings.ToLower(m.name), "host") {
				box.Conditions = append(box.Conditions, fmt.Sprint(m.not, m.name, m.args))
			}
		}
		set = append(set, box)
	}
	return set
}

// doubt is what may keep the alternative from being decided.
func (a alternative) doubt() string {
	if a.open != "" {
		return a.open
	}
	for _, c := range a.paths {
		if c.Why != "" {
			return c.Why
		}
	}
	for _, c := range a.paths {
		if c.not {
			return reason.Of("rule-excludes-paths")
		}
	}
	return ""
}

// asksOf is what a client asks for, as people write it.
func asksOf(all []alternative, text string) string {
	var list []string
	for _, a := range all {
		hosts := common(a.hosts)
		if len(hosts) == 0 {
			hosts = []string{"*"}
		}
		for _, host := range hosts {
			list = append(list, host+a.literal())
		}
	}
	if len(list) != 1 {
		return text
	}
	return list[0]
}

// common are the entries that all lists have; nil for no list.
func common(lists [][]string) []string {
	if len(lists) == 0 {
		return nil
	}
	var out []string
	for _, entry := range lists[0] {
		if !slices.ContainsFunc(lists[1:], func(list []string) bool { return !slices.Contains(list, entry) }) {
			out = append(out, entry)
		}
	}
	return out
}

func lowered(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, strings.ToLower(s))
	}
	return out
}

func isWildcard(host string) bool { return strings.HasPrefix(host, "*") }
