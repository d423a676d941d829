package report

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
)

// prints hands out fingerprints, by which services tell a finding that they have seen from a new one. They are made of
// what is wrong alone, so they stay the same while lines, files and the order of objects change. Of things that are the
// same, as where manifests define an object twice, each but the first has its number.
type prints map[string]int

func (p prints) of(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	print := hex.EncodeToString(sum[:16])
	p[print]++
	if n := p[print]; n > 1 {
		print += "-" + strconv.Itoa(n)
	}
	return print
}

// finding is the fingerprint of a finding: of its keys, which are made to last.
func (p prints) finding(f check.Finding) string {
	return p.of(append([]string{"finding", f.Rule, f.Subject.ID().String()}, f.Keys...)...)
}

// unknown is the fingerprint of what could not be decided.
func (p prints) unknown(u check.Unknown) string {
	entry := ""
	if u.Entry != nil {
		entry = u.Entry.ID().String()
	}
	return p.of("unknown", u.Rule, u.Subject.ID().String(), entry, u.What)
}
