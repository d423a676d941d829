package requests

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestSealed: sealed sets lie to one another as the sets do, and tell nothing of the texts that are sealed.
func TestSealed(t *testing.T) {
	for seed := range uint64(1000) {
		pick := picker(rand.New(rand.NewPCG(seed, 7)).IntN)
		a := pick.set()
		b := pick.set()
		if seed%2 == 0 {
			b = pick.shrunk(a)
		}
		want := a.Contains(b, NewBudget(1e6))
		if got := a.Sealed().Contains(b.Sealed(), NewBudget(1e6)); got != want {
			t.Fatalf("seed %d: sealed %d, as they are %d:\n%+v\n%+v", seed, got, want, a, b)
		}
		if once, twice := fmt.Sprint(a.Sealed()), fmt.Sprint(a.Sealed().Sealed()); once != twice {
			t.Fatalf("seed %d: sealed twice it is another one:\n%s\n%s", seed, once, twice)
		}
	}
	const secret = "s3cret"
	out := Unread(secret, "/api")
	set := Set{{
		Doors: []Door{{Kind: "Ingress"}}, Hosts: []Hosts{{Name: secret, Opaque: true}}, Conditions: []string{"header Authorization is " + secret},
		Paths: []Paths{Unread("location "+secret, "/"), Loosely("/", secret), {Kind: Characters, Text: "/", Except: []Paths{out}}},
	}}
	before := fmt.Sprintf("%+v", set)
	if text := fmt.Sprintf("%+v", set.Sealed()); strings.Contains(text, secret) {
		t.Errorf("it is still there: %s", text)
	}
	if after := fmt.Sprintf("%+v", set); after != before {
		t.Errorf("the set itself was changed: %s", after)
	}
}
