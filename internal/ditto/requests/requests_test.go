package requests

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// request is one concrete request, for asking sets the plain way.
type request struct {
	from  client
	door  Door
	host  string
	path  string
	dots  bool
	meets []string
}

type client struct {
	reach   Reach
	address netip.Addr
}

func (a Set) has(r request) bool {
	return slices.ContainsFunc(a, func(b Box) bool { return b.has(r) })
}

func (b Box) has(r request) bool {
	from := r.from.reach <= b.Sources.Reach &&
		(b.Sources.Ranges == nil || slices.ContainsFunc(b.Sources.Ranges, func(p netip.Prefix) bool { return p.Contains(r.from.address) }))
	paths := !slices.ContainsFunc(b.Paths, func(p Paths) bool { return !p.has(r.path) })
	return from && slices.Contains(b.Doors, r.door) && slices.ContainsFunc(b.Hosts, func(h Hosts) bool { return h.has(r.host) }) &&
		(paths && !r.dots || r.dots && b.Raw) &&
		!slices.ContainsFunc(b.Conditions, func(c string) bool { return !slices.Contains(r.meets, c) })
}

func (p Paths) has(path string) bool {
	in := p.holds(path)
	if p.Kind == Loose {
		reading := []Kind{Elements, Characters, Fold}[hash(p.Floor)%3]
		in = Paths{Kind: reading, Text: p.Text}.holds(path)
	}
	if p.Kind == Opaque {
		in = strings.HasPrefix(path, p.Floor) && hash(p.Text, path)%2 == 0
	}
	return in && !slices.ContainsFunc(p.Except, func(left Paths) bool { return left.has(path) })
}

func (h Hosts) has(host string) bool {
	in := h.Name == "*" || h.Name == host
	if suffix, wild := strings.CutPrefix(h.Name, "*."); wild {
		in = strings.HasSuffix(host, "."+suffix)
		if hash("one label", h.Name)%2 == 0 {
			label, _ := strings.CutSuffix(host, "."+suffix)
			in = in && !strings.Contains(label, ".")
		}
	}
	if h.Opaque {
		in = hash(h.Name, host)%2 == 0
	}
	return in && !slices.ContainsFunc(h.Except, func(left string) bool { return Hosts{Name: left}.has(host) })
}

func hash(parts ...string) uint32 {
	h := fnv.New32()
	for _, p := range parts {
		_, _ = h.Write([]byte(p + "\x00"))
	}
	return h.Sum32() >> 3
}

// The universe that sets are asked about.
var (
	texts = []string{"/", "/a", "/A", "/ab", "/a/", "/a/b", "/a/bc", "/a/b/c", "/b", "/b/c", "/ab/c", "/a1", "/1", "/1/a"}
	names = []string{"x", "a.x", "b.x", "b.a.x", "y", "a.y"}
	doors = []Door{{Kind: "lb", Port: 80}, {Kind: "lb", Port: 443}, {Kind: "node", Port: 30080, Of: 80}, {Kind: "Gateway g"}}
	froms = []client{
		{Cluster, netip.MustParseAddr("10.0.0.1")}, {Internal, netip.MustParseAddr("10.0.1.1")}, {Public, netip.MustParseAddr("10.0.0.1")},
		{Public, netip.MustParseAddr("192.0.2.1")}, {Public, netip.MustParseAddr("2001:db8::1")},
	}
	ranges = []string{"10.0.0.0/8", "10.0.0.0/24", "10.0.1.0/24", "192.0.2.0/24", "2001:db8::/32", "0.0.0.0/0", "::/0"}
)

// picker makes sets out of choices.
type picker func(n int) int

func (pick picker) paths(depth int) Paths {
	text := texts[pick(len(texts))]
	var p Paths
	switch pick(7) {
	case 6:
		p = Loosely(text, []string{"a", "b", "c"}[pick(3)])
	case 0:
		p = Path(text)
	case 1:
		p = Below(text)
	case 2:
		p = Beginning(text)
	case 3:
		p = Paths{Kind: Fold, Text: text}
	case 4:
		p = Unread("p"+string(rune('0'+pick(3))), text)
	default:
		p = Everything()
	}
	for depth > 0 && pick(3) == 0 {
		p.Except = append(p.Except, pick.paths(0))
	}
	return p
}

func (pick picker) hosts() Hosts {
	var h Hosts
	switch pick(4) {
	case 0:
		h = AnyHost()
	case 1:
		h = HostsOf("*." + names[pick(len(names))])
	case 2:
		h = Hosts{Name: "~" + names[pick(2)], Opaque: true}
	default:
		h = HostsOf(names[pick(len(names))])
	}
	for pick(4) == 0 {
		h.Except = append(h.Except, []string{"", "*."}[pick(2)]+names[pick(len(names))])
	}
	return h
}

func (pick picker) box() Box {
	b := Box{Sources: Sources{Reach: Reach(pick(3))}, Raw: pick(6) == 0}
	for pick(3) == 0 {
		b.Sources.Ranges = append(b.Sources.Ranges, netip.MustParsePrefix(ranges[pick(len(ranges))]))
	}
	for more := true; more; more = pick(3) == 0 {
		b.Doors = append(b.Doors, doors[pick(len(doors))])
	}
	for more := true; more; more = pick(3) == 0 {
		b.Hosts = append(b.Hosts, pick.hosts())
	}
	for range pick(3) {
		b.Paths = append(b.Paths, pick.paths(1))
	}
	for pick(5) == 0 {
		b.Conditions = append(b.Conditions, []string{"GET", "header"}[pick(2)])
	}
	return b
}

func (pick picker) set() Set {
	s := Set{pick.box()}
	for pick(3) == 0 {
		s = append(s, pick.box())
	}
	return s
}

// universe is every request there is.
var universe = func() []request {
	var list []request
	for _, from := range froms {
		for _, door := range doors {
			for _, host := range append([]string{"b.c.x", "a.b.a.x"}, names...) {
				for _, path := range append([]string{"/a/b/c/d", "/abc"}, texts...) {
					list = append(list, request{from: from, door: door, host: host, path: path})
				}
				list = append(list, request{from: from, door: door, host: host, path: "/a", dots: true})
			}
		}
	}
	return list
}()

// check asks about requests, those of the universe with random conditions fulfilled, what Contains says of two sets.
func check(t *testing.T, pick picker, a, b Set) Relation {
	t.Helper()
	r := a.Contains(b, NewBudget(1<<20))
	if r != Inside {
		return r
	}
	met := [][]string{nil, {"GET"}, {"header"}, {"GET", "header"}, {"GET", "more"}, {"GET", "header", "more"}}
	for _, req := range universe {
		if req.meets = met[pick(len(met))]; b.has(req) && !a.has(req) {
			t.Fatalf("%+v is not in %+v, but in %+v", req, a, b)
		}
	}
	return r
}

// TestContains_IsTrue compares what Contains says with what concrete requests do.
func TestContains_IsTrue(t *testing.T) {
	said := map[Relation]int{}
	for seed := range uint64(1500) {
		pick := picker(rand.New(rand.NewPCG(seed, 1)).IntN)
		a := pick.set()
		b := pick.set()
		if seed%2 == 0 {
			b = pick.shrunk(a)
		}
		said[check(t, pick, a, b)]++
	}
	for _, r := range []Relation{Inside, Beyond, Unclear} {
		if said[r] < 20 {
			t.Errorf("said %d times: %d", r, said[r])
		}
	}
}

// shrunk is some of a set.
func (pick picker) shrunk(s Set) Set {
	var less Set
	for _, b := range s {
		for pick(2) == 0 {
			switch pick(6) {
			case 0:
				b.Sources.Reach = Cluster
			case 1:
				b.Doors = b.Doors[:1]
			case 2:
				b.Hosts = b.Hosts[len(b.Hosts)-1:]
			case 3:
				b.Paths = append(slices.Clone(b.Paths), pick.paths(1))
			case 4:
				b.Raw = false
			default:
				b.Conditions = append(slices.Clone(b.Conditions), "more")
			}
		}
		less = append(less, b)
	}
	return less
}

// TestContains_SeesWhatShrinks: what is taken away from a set is seen, whatever it is.
func TestContains_SeesWhatShrinks(t *testing.T) {
	for seed := range uint64(4000) {
		pick := picker(rand.New(rand.NewPCG(seed, 2)).IntN)
		a := pick.set()
		if r := a.Contains(pick.shrunk(a), NewBudget(1<<20)); r != Inside {
			t.Fatalf("seed %d: %d: a set does not hold what is left of it: %+v", seed, r, a)
		}
	}
}

func TestPaths_In(t *testing.T) {
	regex := Unread("regex ^/api/.*", "/api/")
	for _, test := range []struct {
		p, other Paths
		want     Relation
	}{
		{Below("/api/2/things"), Everything(), Inside},
		{Below("/api/2/things"), Below("/"), Inside},
		{Path("/api"), Below("/api"), Inside},
		{Below("/api"), Path("/api"), Beyond},
		{Below("/api/2"), Below("/api/"), Inside},
		{Below("/api2"), Below("/api"), Apart},
		{Beginning("/api"), Below("/api"), Beyond},
		{Beginning("/api/"), Below("/api"), Inside},
		{Below("/api"), Beginning("/api"), Inside},
		{Beginning("/status"), Beginning("/devops"), Apart},
		{regex, Below("/api"), Inside},
		{regex, Below("/devops"), Apart},
		{regex, regex, Inside},
		{regex, Unread("regex ^/api/2/.*", "/api/2/"), Unclear},
		{Below("/api/2"), regex, Unclear},
		{Below("/devops"), regex, Apart},
		{Loosely("/api/2", "x"), Loosely("/api", "x"), Inside},
		{Loosely("/api/2", "x"), Loosely("/api", "y"), Unclear},
		{Loosely("/api2", "x"), Loosely("/api", "x"), Unclear},
		{Loosely("/devops", "x"), Loosely("/api", "x"), Apart},
		{Loosely("/api", "x"), Everything(), Inside},
		{Loosely("/api", "x"), Below("/api"), Unclear},
		{Below("/api/2"), Loosely("/api", "x"), Inside},
		{Path("/api"), Loosely("/api", "x"), Inside},
		{Path("/apis"), Loosely("/api", "x"), Unclear},
		{Unread("", "/"), Unread("", "/"), Unclear},
		{Paths{Kind: Fold, Text: "/api"}, Everything(), Inside},
		{Paths{Kind: Fold, Text: "/api"}, Beginning("/api"), Unclear},
		{Below("/API/2"), Paths{Kind: Fold, Text: "/api"}, Inside},
		{Below("/api"), Paths{Kind: Characters, Text: "/", Except: []Paths{Below("/devops")}}, Inside},
		{Below("/devops/x"), Paths{Kind: Characters, Text: "/", Except: []Paths{Below("/devops")}}, Apart},
		{Everything(), Paths{Kind: Characters, Text: "/", Except: []Paths{Below("/devops")}}, Unclear},
	} {
		if got := test.p.In(test.other); got != test.want {
			t.Errorf("%+v in %+v: %d, want %d", test.p, test.other, got, test.want)
		}
	}
}

func TestHosts_In(t *testing.T) {
	for _, test := range []struct {
		h, other Hosts
		want     Relation
	}{
		{HostsOf("ditto.example.com"), HostsOf(""), Inside},
		{HostsOf(""), HostsOf("ditto.example.com"), Beyond},
		{HostsOf("ditto.example.com"), HostsOf("other.example.com"), Apart},
		{HostsOf("DITTO.example.com."), HostsOf("ditto.example.com"), Inside},
		{HostsOf("ditto.example.com"), HostsOf("*.example.com"), Inside},
		{HostsOf("a.ditto.example.com"), HostsOf("*.example.com"), Unclear},
		{HostsOf("*.example.com"), HostsOf("ditto.example.com"), Beyond},
		{HostsOf("*.a.example.com"), HostsOf("*.example.com"), Unclear},
		{HostsOf("example.com"), HostsOf("*.example.com"), Apart},
		{HostsOf("www.*"), HostsOf("www.*"), Inside},
		{HostsOf("www.example.com"), HostsOf("www.*"), Unclear},
		{HostsOf("a"), Hosts{Name: "*", Except: []string{"a"}}, Apart},
		{HostsOf("b"), Hosts{Name: "*", Except: []string{"a"}}, Inside},
		{AnyHost(), Hosts{Name: "*", Except: []string{"a"}}, Unclear},
	} {
		if got := test.h.In(test.other); got != test.want {
			t.Errorf("%+v in %+v: %d, want %d", test.h, test.other, got, test.want)
		}
	}
}

func TestDoors(t *testing.T) {
	balancer := Set{{Doors: []Door{{Kind: "load balancer", Port: 80}}, Hosts: []Hosts{AnyHost()}}}
	given := append(Set{{Doors: []Door{{Kind: "node port", Port: 30080, Of: 80}}, Hosts: []Hosts{AnyHost()}}}, balancer...)
	port := func(number, of int32) Set {
		return Set{{Doors: []Door{{Kind: "node port", Port: number, Of: of}}, Hosts: []Hosts{AnyHost()}}}
	}
	node := func(kind string, number int32) Set {
		return Set{{Doors: []Door{{Kind: kind, Port: number}}, Hosts: []Hosts{AnyHost()}}}
	}
	for name, test := range map[string]struct {
		before, after Set
		want          Relation
	}{
		"the node port that was given":         {given, port(30080, 80), Inside},
		"the node port that will stay":         {given, port(0, 80), Inside},
		"another node port":                    {given, port(30081, 80), Beyond},
		"no node port was given":               {balancer, port(30080, 80), Beyond},
		"a host port where all were open":      {node("HostNetwork", 8080), node("HostPort", 8080), Inside},
		"another one than the pod listens at":  {node("HostNetwork", 8080), node("HostPort", 80), Beyond},
		"all ports where one was open":         {node("HostPort", 8080), node("HostNetwork", 8080), Beyond},
		"at one address where it was at any":   {node("HostPort", 8080), node("HostPort 10.0.0.1", 8080), Inside},
		"at any address where it was at one":   {node("HostPort 10.0.0.1", 8080), node("HostPort", 8080), Beyond},
		"at another address":                   {node("HostPort 10.0.0.1", 8080), node("HostPort 10.0.0.2", 8080), Beyond},
		"at one address of the host network":   {node("HostNetwork", 8080), node("HostPort 10.0.0.1", 8080), Inside},
		"another host port":                    {node("HostPort", 8080), node("HostPort", 8081), Beyond},
		"a load balancer where there was none": {port(30080, 80), given, Beyond},
	} {
		if got := test.before.Contains(test.after, NewBudget(100)); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

// TestContains_PutsTogether: what one box leaves out, others can hold.
func TestContains_PutsTogether(t *testing.T) {
	box := func(host Hosts, paths ...Paths) Box {
		return Box{Doors: []Door{{Kind: "d"}}, Hosts: []Hosts{host}, Paths: paths}
	}
	all := Set{box(AnyHost())}
	without := Paths{Kind: Characters, Text: "/", Except: []Paths{Below("/api"), Path("/x")}}
	for name, test := range map[string]struct {
		before Set
		want   Relation
	}{
		"locations that were apart":           {Set{box(AnyHost(), without), box(AnyHost(), Below("/api")), box(AnyHost(), Beginning("/x"))}, Inside},
		"a location that was closed":          {Set{box(AnyHost(), without), box(AnyHost(), Below("/api"))}, Unclear},
		"servers that were apart":             {Set{box(Hosts{Name: "*", Except: []string{"a"}}), box(HostsOf("a"))}, Inside},
		"a server that was closed":            {Set{box(Hosts{Name: "*", Except: []string{"a"}}), box(HostsOf("b"))}, Unclear},
		"servers and locations":               {Set{box(Hosts{Name: "*", Except: []string{"a"}}, without), box(AnyHost(), Below("/api")), box(HostsOf("a")), box(AnyHost(), Path("/x"))}, Inside},
		"a location that is open for another": {Set{box(AnyHost(), without), box(HostsOf("a"), Below("/api")), box(AnyHost(), Path("/x"))}, Unclear},
	} {
		if got := test.before.Contains(all, NewBudget(1000)); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestBudget(t *testing.T) {
	s := Set{{Doors: []Door{{Kind: "d"}}, Hosts: []Hosts{AnyHost()}}}
	if got := s.Contains(s, NewBudget(0)); got != Unclear {
		t.Errorf("without a budget: %d", got)
	}
}

// FuzzContains makes sets of whatever comes.
func FuzzContains(f *testing.F) {
	f.Add([]byte("0123456789"))
	f.Add([]byte{1, 2, 3, 0, 0, 0, 7, 7, 7, 9, 200, 13})
	f.Fuzz(func(t *testing.T, choices []byte) {
		i := 0
		pick := picker(func(n int) int {
			if i++; i > len(choices) {
				return n - 1
			}
			return int(choices[i-1]) % n
		})
		a := pick.set()
		check(t, pick, a, pick.set())
		check(t, pick, a, pick.shrunk(a))
	})
}

// TestHosts_Work: comparing hosts takes work that grows with the names that are left out, and is counted.
func TestHosts_Work(t *testing.T) {
	const n = 20_000
	any := func(names ...string) Set {
		h := AnyHost()
		h.Except = names
		return Set{{Doors: []Door{{}}, Hosts: []Hosts{h}}}
	}
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("a%d.example.com", i)
	}
	fewer, all := any(names[1:]...), any(names...)
	if got := fewer.Contains(all, NewBudget(2*n+10)); got != Inside {
		t.Errorf("a name more is left out: %v, want Inside", got)
	}
	if got := all.Contains(fewer, NewBudget(2*n+10)); got == Inside {
		t.Error("a name less is left out: Inside")
	}
	if got := fewer.Contains(all, NewBudget(n)); got != Unclear {
		t.Errorf("beyond the budget: %v, want Unclear", got)
	}
}
