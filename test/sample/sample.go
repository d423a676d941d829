// Package sample chooses what `go test -short` tries of many cases.
package sample

import (
	"hash/fnv"
	"strings"
	"testing"
)

// Number is made of names: the same on every machine and in every run.
func Number(names ...string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(strings.Join(names, "\n")))
	return h.Sum32()
}

// Has says whether a case of that name is to be tried: about one in oneIn where testing.Short, every one elsewhere.
func Has(name string, oneIn uint32) bool { return !testing.Short() || Number(name)%oneIn == 0 }
