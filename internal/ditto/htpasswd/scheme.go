package htpasswd

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// Limits of the schemes: bcrypt as in golang.org/x/crypto/bcrypt, sha-crypt as in its specification (SHA-crypt.txt),
// and the salts that MD5-crypt and sha-crypt cut off, so that a longer one is never equal to what crypt(3) gives back.
const (
	minBcryptCost    = 4
	maxBcryptCost    = 31
	bcryptLength     = 60
	defaultShaRounds = 5000
	minShaRounds     = 1000
	maxShaRounds     = 999_999_999
	maxMD5Salt       = 8
	maxShaSalt       = 16
	md5Length        = 22
	sha256Length     = 43
	sha512Length     = 86
	sha1Size         = 20
	desLength        = 13
)

// cryptAlphabet is the base64 of crypt(3); a character's place is its value.
const cryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// classify names the scheme and the cost of a stored password, and says whether it has the shape that the scheme asks
// for. Being strict costs nothing, since crypt(3) answers in one shape only and nginx compares texts, and it keeps
// everything else away from the libraries that compute.
func classify(text string) (scheme Scheme, cost int, ok bool) {
	switch {
	case strings.HasPrefix(text, "$apr1$"):
		return APR1, 0, saltAndHash(text[len("$apr1$"):], maxMD5Salt, md5Length)
	case strings.HasPrefix(text, "$1$"):
		return MD5Crypt, 0, saltAndHash(text[len("$1$"):], maxMD5Salt, md5Length)
	case strings.HasPrefix(text, "$5$"):
		cost, ok = shaCrypt(text[len("$5$"):], sha256Length)
		return SHA256Crypt, cost, ok
	case strings.HasPrefix(text, "$6$"):
		cost, ok = shaCrypt(text[len("$6$"):], sha512Length)
		return SHA512Crypt, cost, ok
	case isBcrypt(text):
		cost, ok = bcryptCost(text)
		return Bcrypt, cost, ok
	case strings.HasPrefix(text, "{PLAIN}"):
		return Plain, 0, true
	case strings.HasPrefix(text, "{SHA}"):
		return SHA1, 0, decodedLength(text[len("{SHA}"):]) == sha1Size
	case strings.HasPrefix(text, "{SSHA}"):
		return SSHA, 0, decodedLength(text[len("{SSHA}"):]) >= sha1Size
	case len(text) == desLength && inCryptAlphabet(text):
		return DESCrypt, 0, true
	}
	return Other, 0, false
}

func isBcrypt(text string) bool {
	return len(text) > 3 && strings.HasPrefix(text, "$2") && strings.IndexByte("abxy", text[2]) >= 0 && text[3] == '$'
}

// bcryptCost reads $2b$12$…: two digits, then 22 characters of salt and 31 of hash. (The salt and hash alphabet of
// bcrypt has the same characters as that of crypt(3), in another order.)
func bcryptCost(text string) (cost int, ok bool) {
	digits, rest, found := strings.Cut(text[4:], "$")
	cost, err := strconv.Atoi(digits)
	if !found || err != nil || fmt.Sprintf("%02d", cost) != digits || cost < minBcryptCost || cost > maxBcryptCost {
		return 0, false
	}
	return cost, len(text) == bcryptLength && inCryptAlphabet(rest)
}

// shaCrypt reads [rounds=N$]salt$hash. Rounds that the specification would round up or down are malformed: crypt(3)
// answers with the number it used, which is then not the number in the file.
func shaCrypt(text string, length int) (rounds int, ok bool) {
	rounds = defaultShaRounds
	if after, found := strings.CutPrefix(text, "rounds="); found {
		digits, rest, _ := strings.Cut(after, "$")
		n, err := strconv.Atoi(digits)
		if err != nil || strconv.Itoa(n) != digits || n < minShaRounds || n > maxShaRounds {
			return 0, false
		}
		rounds, text = n, rest
	}
	return rounds, saltAndHash(text, maxShaSalt, length)
}

func saltAndHash(text string, maxSalt, length int) bool {
	salt, sum, found := strings.Cut(text, "$")
	return found && len(salt) <= maxSalt && len(sum) == length && inCryptAlphabet(sum)
}

// decodedLength is the number of bytes that the base64 text stands for, -1 if it is none.
func decodedLength(text string) int {
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return -1
	}
	return len(decoded)
}

func inCryptAlphabet(text string) bool {
	for i := range len(text) {
		if strings.IndexByte(cryptAlphabet, text[i]) < 0 {
			return false
		}
	}
	return true
}
