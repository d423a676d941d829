package htpasswd

import (
	"fmt"
	"strings"
	"testing"
)

// The hashes of crypt(3) come from libxcrypt 4.4.33, those of apr1 from OpenSSL.
func TestEverySchemeAcceptsItsPasswordAndNoOther(t *testing.T) {
	for _, test := range []struct {
		name     string
		password string
		hash     string
		scheme   Scheme
		cost     int
	}{
		{"des-crypt", "ditto", "A6BgmB8IEtPTs", DESCrypt, 0},
		{"apr1", "ditto", "$apr1$abcdefgh$bt1KZ/DNs9oXw200oWUiN1", APR1, 0},
		{"md5-crypt", "ditto", "$1$abcdefgh$V6Y5tv0RD2atGsCfcgKjB.", MD5Crypt, 0},
		{"sha256-crypt", "ditto", "$5$abcdefgh$d.Pr7BSD87E5/1hpVKOif6FDXBr7AHDLs1kNwok/nwB", SHA256Crypt, 5000},
		{"sha256-crypt with rounds", "ditto", "$5$rounds=1000$saltsalt$2NcTBaBUns.aM6so1exUDymetUcj7vM6Gnr80fJLIW9", SHA256Crypt, 1000},
		{"sha512-crypt", "ditto", "$6$abcdefgh$9Gs6sfOWk7P0G/JalbsApwQAmP2E3.nIr1fGKU.Ff28GSWVK2JkIr4zU.Tpkft3YTBbGVbOs4IkKjfT3zEdP..", SHA512Crypt, 5000},
		{"sha512-crypt with rounds", "ditto", "$6$rounds=120000$saltsalt$MDAeltVAdmcCgScVT5Cp7sjULE2wORhT0IaoVdOzJEd6sFEnlF3GPDDmfWEb/R4y8io3MYuHELlHbighvASwE.", SHA512Crypt, 120_000},
		{"bcrypt 2y", "ditto", "$2y$04$abcdefghijklmnopqrstuugbuGmx7rSxHbHPbcLMOD5RteoXcSET6", Bcrypt, 4},
		{"bcrypt 2x", "ditto", "$2x$04$abcdefghijklmnopqrstuugbuGmx7rSxHbHPbcLMOD5RteoXcSET6", Bcrypt, 4},
		{"bcrypt of the empty password", "", "$2b$05$abcdefghijklmnopqrstuu0oImNDIy4flhldV9YqunRgBAePKmw7m", Bcrypt, 5},
		{"sha1", "ditto", "{SHA}" + sha1OfDitto, SHA1, 0},
		{"ssha", "ditto", "{SSHA}" + sshaOfDitto, SSHA, 0},
		{"plain", "ditto", "{PLAIN}ditto", Plain, 0},
		{"an empty plain password", "", "{PLAIN}", Plain, 0},
		{"plain with the marker in it", "{PLAIN}x", "{PLAIN}{PLAIN}x", Plain, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEntry("u", 1, test.hash)
			if e.Scheme != test.scheme || e.Cost != test.cost || !e.wellFormed {
				t.Fatalf("scheme %s, cost %d, well-formed %v; want %s, %d, true", e.Scheme, e.Cost, e.wellFormed, test.scheme, test.cost)
			}
			if !matches(e, test.password) {
				t.Error("its own password does not match")
			}
			for _, wrong := range []string{"ditty", "Ditto", "ditto ", "x"} {
				if matches(e, wrong) {
					t.Errorf("%q matches", wrong)
				}
			}
		})
	}
}

func TestMalformedHashesKeepTheirSchemeButAreNeverComputed(t *testing.T) {
	sha256Sum := strings.Repeat("a", 43)
	for _, test := range []struct {
		text   string
		scheme Scheme
	}{
		{"$apr1$nosalt", APR1},
		{"$apr1$ninechars$bt1KZ/DNs9oXw200oWUiN1", APR1},
		{"$apr1$abcdefgh$bt1KZ/DNs9oXw200oWUiN", APR1},
		{"$1$abcdefgh$V6Y5tv0RD2atGsCfcgKjB!", MD5Crypt},
		{"$5$rounds=999$s$" + sha256Sum, SHA256Crypt},
		{"$5$rounds=0$s$" + sha256Sum, SHA256Crypt},
		{"$5$rounds=+5000$s$" + sha256Sum, SHA256Crypt},
		{"$5$rounds=05000$s$" + sha256Sum, SHA256Crypt},
		{"$5$rounds=1000000000$s$" + sha256Sum, SHA256Crypt},
		{"$5$rounds=99999999999999999999$s$" + sha256Sum, SHA256Crypt},
		{"$5$rounds=5000$" + sha256Sum, SHA256Crypt},
		{"$5$rounds=x$s$" + sha256Sum, SHA256Crypt},
		{"$5$a$b$" + sha256Sum, SHA256Crypt},
		{"$5$seventeen-letters$" + sha256Sum, SHA256Crypt},
		{"$6$salt$" + sha256Sum, SHA512Crypt},
		{"$6$", SHA512Crypt},
		{"$2y$", Bcrypt},
		{"$2y$03$" + bcryptTail, Bcrypt},
		{"$2y$32$" + bcryptTail, Bcrypt},
		{"$2y$+5$" + bcryptTail, Bcrypt},
		{"$2y$5$" + bcryptTail + "a", Bcrypt},
		{"$2y$10$" + bcryptTail + "a", Bcrypt},
		{"$2y$10$" + strings.Replace(bcryptTail, "a", "!", 1), Bcrypt},
		{"{SHA}" + sha1OfDitto[1:], SHA1},
		{"{SHA}" + sshaOfDitto, SHA1},
		{"{SSHA}AAAA", SSHA},
		{"{SSHA}not base64", SSHA},
		{"{plain}ditto", Other},
		{"{SHA256}x", Other},
		{"ditto", Other},
		{"A6BgmB8IEtPTsx", Other},
		{"A6BgmB8IEtPT!", Other},
		{"$2$10$" + bcryptTail, Other},
		{"$y$j9T$saltsalt$ABzN6Tgpd8RCYCPkwPvv5lxnh9BCcL4GG8j2rtpBId6", Other},
		{"_J9..salttVQRaMrPHds", Other},
		{"*", Other},
	} {
		e := newEntry("u", 1, test.text)
		if e.Scheme != test.scheme || e.wellFormed {
			t.Errorf("%s: scheme %s, well-formed %v; want %s, false", test.text, e.Scheme, e.wellFormed, test.scheme)
		}
	}
}

// FuzzMatch: what counts as well-formed and cheap enough does not panic, and does not hang the fuzzer, whatever it is.
func FuzzMatch(f *testing.F) {
	for _, seed := range []string{
		"A6BgmB8IEtPTs", "$apr1$abcdefgh$bt1KZ/DNs9oXw200oWUiN1", "$5$rounds=1000$saltsalt$2NcTBaBUns.aM6so1exUDymetUcj7vM6Gnr80fJLIW9",
		"$5$$d.Pr7BSD87E5/1hpVKOif6FDXBr7AHDLs1kNwok/nwB", "$6$rounds=999999999$s$" + strings.Repeat("a", 86),
		"$2y$31$abcdefghijklmnopqrstuugbuGmx7rSxHbHPbcLMOD5RteoXcSET6", "{SSHA}" + sshaOfDitto, "{SHA}" + sha1OfDitto, "{PLAIN}",
	} {
		f.Add(seed, "ditto")
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, text, password string) {
		e := newEntry("u", 1, text)
		if !e.wellFormed || e.effort() > 10_000 || len(text) > maxHash || len(password) > 64 {
			return
		}
		matches(e, password)
	})
}

func ExampleParse() {
	entries, problems := Parse([]byte("ditto:A6BgmB8IEtPTs\njane\n"))
	for _, e := range entries {
		fmt.Println(e.Line, e.User, e.Scheme)
	}
	for _, p := range problems {
		fmt.Println(p.Error())
	}
	// Output:
	// 1 ditto des-crypt
	// line 2: no colon after the user name
}

// base64 of SHA-1 of "ditto", and of "ditto" and the salt "salt1234" with the salt after it, by Python's hashlib.
const (
	sha1OfDitto = "yeemavsrj1BvGnyydiXb6AjoVwQ="
	sshaOfDitto = "8IUYDMdQ9wg3JmrPSj35SYgEeI9zYWx0MTIzNA=="
)
