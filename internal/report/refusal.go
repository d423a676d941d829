package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
)

// mostRefused is how many rules a refusal explains.
const mostRefused = 8

// Refusal writes why something is refused, for whoever gets it from another program, such as helm: what makes it fail
// and nothing else, each with one way and one fix. Failing are the actions because of which it is refused, and
// `unknown`.
//
//	dittoguard refuses this release: 2 denied
//	preauth-exposed: Deployment gateway
//	  pre-authentication is on and Ingress things lets clients choose their identity
//	  way  Ingress things: ditto.example.com/api → Service gateway
//	  fix  Set ENABLE_PRE_AUTHENTICATION to "false".
func Refusal(w io.Writer, what string, result check.Result, failing []string, opts Options) error {
	t := newText(opts)
	result = check.Sorted(result)
	refuses := func(action check.Action) bool {
		return action == check.ActionDeny || action == check.ActionWarn &&
			slices.Contains(failing, string(check.ActionWarn))
	}
	causes := slices.DeleteFunc(slices.Clone(result.Causes), func(c check.Cause) bool { return !refuses(c.Action) })
	result.Findings = slices.DeleteFunc(slices.Clone(result.Findings),
		func(f check.Finding) bool { return !refuses(f.Action) })
	unknown := result.Unknown
	if !slices.Contains(failing, "unknown") {
		unknown = nil
	}
	var counts []string
	for _, action := range []check.Action{check.ActionDeny, check.ActionWarn} {
		n := 0
		for _, f := range result.Findings {
			if f.Action == action {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, did[action]))
		}
	}
	if len(unknown) > 0 {
		counts = append(counts, fmt.Sprintf("%d unknown", len(unknown)))
	}
	t.shared = sharedBy(result)
	t.shared.file = ""
	fmt.Fprintf(&t.out, "dittoguard refuses %s: %s\n", what, strings.Join(counts, ", "))
	groups := runs(causes, func(a, b check.Cause) bool { return a.Rule == b.Rule })
	for i, group := range groups {
		if i == mostRefused && len(groups) > mostRefused+1 {
			fmt.Fprintf(&t.out, "and %d more rules\n", len(groups)-i)
			break
		}
		t.cause(group)
	}
	t.briefUnknowns(unknown)
	if len(causes) > 0 {
		fmt.Fprintf(&t.out, "About a rule: dittoguard rules show RULE\n")
	}
	if _, err := w.Write(t.out.Bytes()); err != nil {
		return fmt.Errorf("writing the refusal: %w", err)
	}
	return nil
}
