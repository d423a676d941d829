package way

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// The placeholders in the values of Rate.Annotations: how many requests a client may send in a second, and how many at
// once above that, which is five times as many.
const (
	PlaceRate  = "{rate}"
	PlaceBurst = "{burst}"
)

// Rate is whether an edge limits what one client can send.
type Rate struct {
	// Limited says whether requests, or connections, of one client are certainly limited: on, off or unknown.
	Limited State
	// Annotations would limit them. They are filled only where nothing does yet, the controller certainly honours them in the
	// version that the configuration states, and no key is there. Values hold PlaceRate and PlaceBurst.
	Annotations map[string]string
	// Advice says what to write at this edge. Empty where requests are limited.
	Advice string
	// Untried says that nothing is written that would limit requests, not even in vain. So it is where nothing but a default is
	// the source.
	Untried bool
}

// Tried says whether something is written that would limit requests.
func (r *Rate) Tried() bool {
	return r.Limited.Source != "default" && r.Limited.Why != "" && !r.Untried
}

// Unlimited is the reading where no annotation limits anything.
func Unlimited() State { return State{Off, "default", "no annotation limits requests"} }

// ByReference is the reading of a controller that limits requests only through objects that annotations refer to.
func ByReference(in Input, keys []string, advice string) Rate {
	r := Rate{Limited: Unlimited(), Advice: advice}
	if key := in.RefersTo(keys); key != "" {
		r.Limited = State{Unknown, key, key + " refers to something that can limit requests, and is not read"}
	}
	return r
}

// Positive says whether an annotation is a whole number above zero, as strconv.Atoi reads it: no spaces, no sign needed.
// Controllers take anything else for zero, which is no limit.
func Positive(value string) bool {
	n, err := strconv.Atoi(value)
	return err == nil && n > 0
}

// Everyone says whether a comma-separated list of networks takes in every address: what a limit is not for. ok is false
// for a list that cannot be read.
func Everyone(list string) (all, ok bool) {
	ok = true
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if p, err := netip.ParsePrefix(item); err == nil {
			all = all || p.Bits() == 0
		} else if _, err := netip.ParseAddr(item); err != nil {
			ok = false
		}
	}
	return all, ok
}

// Excepting takes a limit back where a list of addresses that it is not for takes in everyone.
func (s State) Excepting(a Annotations, prefix string, names ...string) State {
	name := a.FirstOf(names...)
	if s.State != On || name == "" {
		return s
	}
	switch all, ok := Everyone(a[name]); {
	case all:
		return State{Off, prefix + name, name + " exempts every address from the limit"}
	case !ok:
		return State{Unknown, prefix + name, name + " is not a list of networks"}
	}
	return s
}

// Offer fills in the annotations that would limit requests, where the class object names the controller and none of them
// is there, whatever its prefix.
func (r *Rate) Offer(in Input, want map[string]string, prefixes ...string) {
	if r.Limited.State != Off || !in.Class.Known {
		return
	}
	for key := range want {
		_, name, _ := strings.Cut(key, "/")
		if slices.ContainsFunc(append(prefixes, ""), func(prefix string) bool {
			_, taken := in.Ingress.Annotations[prefix+name]
			return taken
		}) {
			return
		}
	}
	r.Annotations = want
}

func decimal(n int32) string { return strconv.Itoa(int(n)) }
