package vhost

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// Which hosts a server takes requests for, for comparing one configuration with another. See package requests for what
// has to be true of it: of two readings of one name, the wider one would hide that a change lets in more.

// mostNames bounds how many names are compared one by one; more of them are told apart by a digest.
const mostNames = 256

// Taken is what a server takes of the requests that come in somewhere.
type Taken struct {
	Hosts []requests.Hosts
	// Condition is by which address they come in, empty where that makes no difference.
	Condition string
}

// Takes says for which hosts a server takes the requests that come in by a door: one without an address is reached by
// any but the loopback's. A zero Door is any of the server's.
//
// A server that listens at `*` is taken to be reached by every address that no other server listens at, of IPv6 too.
func (ls *Listeners) Takes(srv *Host, at Door) []Taken {
	if at == (Door{}) {
		var all Taken
		for _, listen := range srv.Listen {
			for _, l := range ls.at[listen.Port] {
				if l.address == listen.Address {
					all.Hosts = append(all.Hosts, l.hostsOf(srv)...)
				}
			}
		}
		return []Taken{all}
	}
	var list []Taken
	var addresses []string
	everywhere, wildcard := true, at.Address != ""
	for _, l := range ls.at[at.Port] {
		if at.Address == "" && Loopback(l.address) || at.Address != "" && at.Address != l.address {
			continue
		}
		addresses = append(addresses, l.address)
		if !slices.Contains(l.servers, srv) {
			everywhere = false
			continue
		}
		wildcard = wildcard || l.address == "*" || l.address == "[::]"
		list = append(list, Taken{Hosts: l.hostsOf(srv), Condition: l.address})
		everywhere = everywhere && slices.EqualFunc(list[0].Hosts, list[len(list)-1].Hosts, requests.Hosts.Equal)
	}
	if everywhere && wildcard && len(list) > 0 {
		return []Taken{{Hosts: list[0].Hosts}}
	}
	for i := range list {
		list[i].Condition = fmt.Sprintf("to address %s of %s", list[i].Condition, strings.Join(addresses, " "))
	}
	return list
}

// nameTable is what the servers of a listener are called.
type nameTable struct {
	once sync.Once
	// literal are the names that say by themselves which hosts they are, as package requests has them, and whose they
	// are.
	literal map[string]*Host
	// byEnd are those, sorted by their last letters first; each is written backwards.
	byEnd []string
	// patterns are the other names, in the order in which nginx looks at them.
	patterns []namePattern
	// written is a digest of byEnd, matched one of patterns.
	written, matched string

	mu    sync.Mutex
	hosts map[*Host][]requests.Hosts
}

type namePattern struct {
	server *Host
	text   string
	// before is a digest of those that come before it.
	before string
}

func (s *listener) table() *nameTable {
	t := &s.names
	t.once.Do(func() {
		t.literal, t.hosts = map[string]*Host{}, map[*Host][]requests.Hosts{}
		for name, srv := range s.exact {
			if !strings.ContainsAny(name, "$*") {
				t.literal[cmp.Or(name, requests.NoHost)] = srv
			}
		}
		for name, srv := range s.front {
			if !strings.ContainsAny(name, "$*") {
				t.literal["*"+name] = srv
			}
		}
		for name := range t.literal {
			t.byEnd = append(t.byEnd, backwards(name))
		}
		slices.Sort(t.byEnd)
		t.written = digest(t.byEnd...)
		for _, name := range slices.SortedFunc(maps.Keys(s.back), func(a, b string) int {
			return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
		}) {
			t.patterns = append(t.patterns, namePattern{server: s.back[name], text: name + "*"})
		}
		for _, srv := range s.servers {
			for _, name := range srv.Names {
				if strings.HasPrefix(name, "~") || strings.Contains(name, "$") || odd(strings.ToLower(name)) {
					t.patterns = append(t.patterns, namePattern{server: srv, text: name})
				}
			}
		}
		for i := range t.patterns {
			t.patterns[i].before = t.matched
			t.matched = digest(t.matched, t.patterns[i].text)
		}
	})
	return t
}

// odd: a star stands where none may.
func odd(name string) bool {
	return strings.Contains(strings.TrimSuffix(strings.TrimPrefix(name, "*."), ".*"), "*")
}

// hostsOf are the hosts whose requests a server takes of those that come in here. The default server takes what no name
// is for.
func (s *listener) hostsOf(srv *Host) []requests.Hosts {
	if srv.Stream {
		return []requests.Hosts{requests.AnyHost()}
	}
	t := s.table()
	t.mu.Lock()
	defer t.mu.Unlock()
	list, known := t.hosts[srv]
	if !known {
		list = t.hostsOf(srv, s.deflt == srv)
		t.hosts[srv] = list
	}
	return list
}

func (t *nameTable) hostsOf(srv *Host, byDefault bool) []requests.Hosts {
	var own []string
	for _, name := range srv.Names {
		name = strings.ToLower(name)
		bare := strings.TrimPrefix(name, ".")
		forms := []string{cmp.Or(name, requests.NoHost)}
		if bare != name {
			forms = []string{bare, "*." + bare}
		}
		for _, form := range forms {
			if t.literal[form] == srv && !slices.Contains(own, form) {
				own = append(own, form)
			}
			if len(own) > mostNames {
				return []requests.Hosts{{Name: fmt.Sprintf("%d names %s among %s", len(srv.Names), digest(srv.Names...),
					t.all()), Opaque: true}}
			}
		}
	}
	var list []requests.Hosts
	if byDefault {
		rest := requests.AnyHost()
		if slices.ContainsFunc(t.patterns, func(p namePattern) bool { return p.server != srv }) {
			rest = requests.Hosts{Name: "any but for " + t.matched, Opaque: true}
		}
		list = append(list, t.without(rest, srv, t.byEnd))
	}
	for _, name := range own {
		host := requests.Hosts{Name: name}
		if suffix, wild := strings.CutPrefix(name, "*"); wild {
			host = t.without(host, srv, t.endingIn(suffix))
		}
		list = append(list, host)
	}
	for _, p := range t.patterns {
		if p.server == srv {
			list = append(list, t.without(requests.Hosts{Name: p.text + " after " + p.before, Opaque: true}, srv,
				t.byEnd))
		}
	}
	return list
}

// all is a digest of all names.
func (t *nameTable) all() string { return digest(t.written, t.matched) }

// without leaves out of hosts the names, written backwards, that are another server's.
func (t *nameTable) without(hosts requests.Hosts, srv *Host, names []string) requests.Hosts {
	for _, name := range names {
		if name = backwards(name); t.literal[name] == srv || name == hosts.Name {
			continue
		}
		if len(hosts.Except) == mostNames {
			return requests.Hosts{Name: fmt.Sprintf("%s but for %d names %s and beside %s", hosts.Name, len(names),
				t.all(), digest(srv.Names...)), Opaque: true}
		}
		hosts.Except = append(hosts.Except, name)
	}
	return hosts
}

// endingIn are the names with an ending, written backwards.
func (t *nameTable) endingIn(suffix string) []string {
	start := backwards(suffix)
	from, _ := slices.BinarySearch(t.byEnd, start)
	to := from
	for to < len(t.byEnd) && strings.HasPrefix(t.byEnd[to], start) {
		to++
	}
	return t.byEnd[from:to]
}

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

func digest(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		_, _ = fmt.Fprintf(h, "%d %s", len(text), text) // never fails
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}
