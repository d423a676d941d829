package e2e

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

// oneIn is how many orders of arrival there are for one that `go test -short` adds to those that prove each rule.
const oneIn = 24

// sampleOf is what `go test -short` has of the cases: of each rule the first fixture that passes and the first that fails, the whole
// corpus, and some of all others, each in one order. What is in it depends on names alone.
func sampleOf(cases []*testCase) []*testCase {
	var chosen []*testCase
	proved := map[string]bool{}
	for _, c := range cases {
		proof := filepath.Dir(c.name) // RULE/pass or RULE/fail
		needed := c.rule == "" || !proved[proof] && !c.configured
		if len(c.orders) == 0 {
			continue
		}
		orders := slices.DeleteFunc(slices.Clone(c.orders), func(o *order) bool { return sample.Number(c.name, o.name)%oneIn != 0 })
		if needed && len(orders) == 0 {
			orders = []*order{slices.MinFunc(c.orders, func(a, b *order) int {
				return cmp.Compare(sample.Number(c.name, a.name), sample.Number(c.name, b.name))
			})}
		}
		if len(orders) == 0 {
			continue
		}
		proved[proof] = true
		one := *c
		one.orders = orders[:1]
		chosen = append(chosen, &one)
	}
	return chosen
}

// TestEveryRuleIsProved: among the cases there is for every rule one that it finds something in, and one that it does not. They
// are judged by TestEveryOrder.
func TestEveryRuleIsProved(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	all, err := loadCases()
	if err != nil {
		t.Fatal(err)
	}
	for name, cases := range map[string][]*testCase{"all": all, "short": sampleOf(all)} {
		proofs := map[string]bool{}
		for _, c := range cases {
			if len(c.orders) > 0 && !c.configured {
				proofs[filepath.Dir(c.name)] = true
			}
		}
		for _, r := range list {
			for _, kind := range []string{"pass", "fail"} {
				if proof := r.Metadata.Name + "/" + kind; !proofs[proof] {
					t.Errorf("%s: no fixture %s/*.yaml can be in a cluster: write one, or take one out of leftOut", name, proof)
				}
			}
		}
	}
	for _, names := range []map[string]string{leftOut, mending, alone} {
		for name := range names {
			if _, err := os.Stat(filepath.Join(builtin, name+".yaml")); err != nil {
				t.Errorf("%s is there no more: %v", name, err)
			}
		}
	}
	if len(sampleOf(all)) > len(all)/2 {
		t.Errorf("%d of %d cases are no sample", len(sampleOf(all)), len(all))
	}
}
