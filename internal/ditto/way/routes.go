package way

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// UnfollowedRoute stands for the routes of an object that are given up for being too many.
func UnfollowedRoute(backends []Backend, why string) Route {
	effects := Effects{Identity: State{State: IdentityClient}, Authentication: State{State: Off}, StripsIdentity: State{State: Off}, HidesHeaders: State{State: Off}}
	effects.Doubt(why)
	return Route{
		Text: "further routes", Asks: "*", Backends: backends, Public: true, Effects: effects,
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

// Distinct makes the texts of routes to the same Service differ.
func Distinct(list []Route) []Route {
	seen := map[string]int{}
	for i := range list {
		key := fmt.Sprint(list[i].Text, list[i].Backends)
		seen[key]++
		if n := seen[key]; n > 1 {
			list[i].Text = fmt.Sprintf("%s (%d)", list[i].Text, n)
		}
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
