package way

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// UnfollowedRoute stands for the routes of an object that are given up for being too many.
func UnfollowedRoute(backends []Backend, why string) Route {
	effects := Effects{Identity: tri.State{State: IdentityClient}, Authentication: tri.State{State: tri.Off},
		StripsIdentity: tri.State{State: tri.Off}, HidesHeaders: tri.State{State: tri.Off}}
	effects.Doubt(why)
	return Route{
		Text: "further routes", Asks: "*", Backends: backends, Public: true, Handling: Handling{Effects: effects},
		Path: &Path{Matcher: Undecided(why), Rewrite: UnknownRewrite(why)},
	}
}

// InternalClass says whether the configuration names every class internal that an object gives, and it gives one.
func InternalClass(cfg Config, classes ...string) bool {
	given := slices.DeleteFunc(classes, func(class string) bool { return class == "" })
	return len(given) > 0 && !slices.ContainsFunc(given, func(class string) bool {
		return !slices.Contains(cfg.InternalIngressClasses, class)
	})
}

// Repeats counts how often each text has come.
type Repeats map[string]int

// Distinct is a text that differs from all that came before: one that repeats another gets a number.
func (r Repeats) Distinct(text string) string {
	distinct := text
	for r[distinct] > 0 {
		r[text]++
		distinct = fmt.Sprintf("%s (%d)", text, r[text])
	}
	r[distinct]++
	return distinct
}

// Distinct makes the texts of routes differ. Two that say the same need not be the same: not everything that decides is
// in a text.
func Distinct(list []Route) []Route {
	seen := Repeats{}
	for i := range list {
		list[i].Text = seen.Distinct(list[i].Text)
	}
	return list
}

// EveryAddress says whether a list of ranges lets all IPv4 addresses in.
func EveryAddress(ranges []string) bool {
	return slices.ContainsFunc(ranges, func(s string) bool {
		_, network, err := net.ParseCIDR(strings.TrimSpace(s))
		if err != nil {
			return false
		}
		ones, bits := network.Mask.Size()
		return ones == 0 && bits == 32
	})
}

// StartsWith matches everything that begins with the text, in the middle of an element too.
func StartsWith(text string) Matcher {
	return Matcher{
		Literal: text, Match: func(p string) (bool, bool) { return strings.HasPrefix(p, text), true },
		Paths: []requests.Paths{requests.Beginning(text)},
	}
}
