package htpasswd

import (
	"strings"

	"github.com/tg123/go-htpasswd"
)

// matches says whether the password is the entry's. It must be asked of well-formed entries only; how long it takes is
// what effort estimates.
func matches(e Entry, password string) bool {
	text := *e.hash
	var parse htpasswd.PasswdParser
	switch e.Scheme {
	case Plain:
		return strings.TrimPrefix(text, "{PLAIN}") == password
	case DESCrypt:
		return desCrypt(password, text[:2]) == text
	case APR1, MD5Crypt:
		parse = htpasswd.AcceptMd5
	case SHA1:
		parse = htpasswd.AcceptSha
	case SSHA:
		parse = htpasswd.AcceptSsha
	case SHA256Crypt, SHA512Crypt:
		parse = htpasswd.AcceptCryptSha
	case Bcrypt:
		parse = htpasswd.AcceptBcrypt
	case Other:
		return false
	}
	// The library's errors quote the hash. They cannot come from a well-formed one, and go nowhere.
	encoded, err := parse(text)
	return err == nil && encoded != nil && encoded.MatchesPassword(password)
}

// effort is roughly how many microseconds one comparison takes on one core of a current server. It decides what is done
// first, and how much of it: on a slower machine the same takes longer.
func (e Entry) effort() int64 {
	switch e.Scheme {
	case Bcrypt:
		return 50 << e.Cost
	case SHA256Crypt, SHA512Crypt:
		return int64(e.Cost)
	case APR1, MD5Crypt:
		return 200
	case DESCrypt:
		return 20
	case SHA1, SSHA, Plain, Other:
	}
	return 1
}

// cheap says that comparing takes less than a millisecond whatever the author of the hash wrote.
func (e Entry) cheap() bool {
	return e.Scheme != Bcrypt && e.Scheme != SHA256Crypt && e.Scheme != SHA512Crypt
}
