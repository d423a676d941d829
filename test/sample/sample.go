// Package sample chooses what `go test -race -short` tries of many cases. The race detector makes a test five to ten
// times as expensive and says something about concurrency alone, so it gets a sample, and the same test without it has
// every case.
package sample

import (
	"hash/fnv"
	"slices"
	"strings"
	"testing"
)

// Number is made of names: the same on every machine and in every run.
func Number(names ...string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(strings.Join(names, "\n")))
	return h.Sum32()
}

// Taken says whether this run has a sample of the cases.
func Taken() bool { return raceDetector && testing.Short() }

// Has says whether a case of that name is to be tried: about one in oneIn where a sample is taken, every one elsewhere.
func Has(name string, oneIn uint32) bool { return !Taken() || Number(name)%oneIn == 0 }

// Count is how often a test with no names repeats something: n times, or one in oneIn of that where a sample is taken.
func Count(n, oneIn int) int {
	if Taken() {
		return n / oneIn
	}
	return n
}

// Large skips a test of one goroutine with much to do where a sample is taken.
func Large(t testing.TB) {
	t.Helper()
	if Taken() {
		t.Skip("large, and of one goroutine: not under the race detector")
	}
}

// Of are the cases of a list that are to be tried, by their names: at least one.
func Of(names []string, oneIn uint32) []string {
	chosen := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !Has(name, oneIn) })
	if len(chosen) == 0 {
		return names[:min(1, len(names))]
	}
	return chosen
}
