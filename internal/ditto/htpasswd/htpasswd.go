// Package htpasswd reads the password files of nginx's basic authentication and finds entries whose password is
// published, without letting the author of a hash decide how long a webhook takes.
//
// Start with [Parse] (a file) or [Map] (one Secret key a user), then ask a [Verifier], of which a process needs one.
// No hash and no password ever leaves the package: not in an entry that is printed, not in a problem, not in a verdict.
//
// # What nginx verifies
//
// ngx_crypt (src/core/ngx_crypt.c) itself knows $apr1$, {PLAIN}, {SSHA} and {SHA}, all in exactly this spelling.
// Anything else goes to crypt(3) of the C library, whose answer is compared with the whole text:
//
//   - every library has traditional DES (13 characters, of which the password's first eight decide), $1$, $5$ and $6$;
//   - bcrypt ($2a$, $2b$, $2x$, $2y$) is in musl and libxcrypt (the nginx images on Alpine and Debian), not in old
//     glibc;
//   - libxcrypt alone has yescrypt ($y$), scrypt ($7$), BSDi DES (_) and a few more. They are [Other], and unknown.
//
// So a password written as it stands, without {PLAIN}, is not accepted by nginx: it is [Other], not [Plain].
package htpasswd

// A Scheme is how an entry's password is stored.
type Scheme string

// The schemes. Their names are what rules and reports show.
const (
	Bcrypt      Scheme = "bcrypt"
	APR1        Scheme = "apr1"
	MD5Crypt    Scheme = "md5-crypt"
	SHA1        Scheme = "sha1"
	SSHA        Scheme = "ssha"
	SHA256Crypt Scheme = "sha256-crypt"
	SHA512Crypt Scheme = "sha512-crypt"
	DESCrypt    Scheme = "des-crypt"
	// Plain is {PLAIN} and the password as it stands.
	Plain Scheme = "plain"
	// Other is anything else: a hash this package does not compute, or no hash at all.
	Other Scheme = "other"
)

// An Entry is one user of a password file.
type Entry struct {
	User string
	// Line is the line in the file, from 1.
	Line   int
	Scheme Scheme
	// Cost is the cost parameter of bcrypt (a power of two) and the rounds of sha256-crypt and sha512-crypt; 0
	// elsewhere.
	Cost int

	// hash is the stored form of the password. It is a pointer because fmt prints the unexported fields of a struct
	// too, but of a pointer to a string only the address.
	hash *string
	// wellFormed says that the hash has the shape its scheme asks for. Only such a hash is ever computed.
	wellFormed bool
}

func newEntry(user string, line int, stored string) Entry {
	scheme, cost, ok := classify(stored)
	return Entry{User: user, Line: line, Scheme: scheme, Cost: cost, hash: &stored, wellFormed: ok}
}
