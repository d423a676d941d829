// Package literal recognises secrets that are written out in a place where everyone who may read the object reads them:
// by the name that a value has, and by credentials in a URI. It answers yes or no and never hands on a value.
//
// A name is all there is to go by, since a password looks like any other word. The names are those of Ditto's own
// settings (password, statusPassword, sslClientKeyPassword, symmetrical-key, and their variables) and of what is built
// alike.
package literal

import (
	"slices"
	"strings"
	"unicode"
)

// Secret says whether a text under a name is a secret that is written out. References (see [Masked]) have been taken
// out of the text before.
func Secret(name, text string) bool {
	return Named(name) && isValue(text) || Credentials(text) || isMongoAuthentication(name) &&
		Credentials("mongodb://"+text)
}

// isMongoAuthentication: what stands before the host in a connection string, `user:password@`.
func isMongoAuthentication(name string) bool {
	return name == "MONGO_DB_AUTHENTICATION" || name == "ditto.mongodb.authentication"
}

// isValue leaves out what is no secret: nothing, and words that switch something.
func isValue(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "", "true", "false", "yes", "no", "on", "off", "null":
		return false
	}
	return true
}

// Named says whether a name says that its value is a secret: `DEVOPS_PASSWORD`,
// `ditto.gateway.authentication.devops.password`, `client-secret`, `CONNECTIVITY_CONNECTION_ENCRYPTION_KEY`. What names
// a file or another name does not: `DEVOPS_PASSWORD_NAME`, `MONGO_DB_SSL_CLIENT_KEY_FILE`.
func Named(name string) bool {
	if of, ok := cutEnd(name, ".value"); ok { // secrets.devops_password.value
		name = of
	}
	of, isKey := cutEnd(name, "key")
	return endsIn(name, secretEnds) || isKey && endsIn(strings.TrimRight(of, "_-."), secretKeys)
}

func endsIn(name string, ends []string) bool {
	return slices.ContainsFunc(ends, func(end string) bool { _, ok := cutEnd(name, end); return ok })
}

// secretEnds are the words that names of secrets end in, and secretKeys those that stand before `key`. Neither is
// changed.
var (
	secretEnds = []string{"password", "passwd", "passphrase", "pwd", "secret", "token"}
	secretKeys = []string{
		"encryption", "symmetrical", "symmetric", "private", "api", "access", "secret", "shared", "signing", "account",
		"master",
	}
)

// cutEnd takes an end off a name, whatever its case.
func cutEnd(name, end string) (rest string, ok bool) {
	at := len(name) - len(end)
	if at < 0 || !strings.EqualFold(name[at:], end) {
		return name, false
	}
	return name[:at], true
}

// Credentials says whether there is a URI with a password in a text: `scheme://user:password@host`.
func Credentials(text string) bool {
	for {
		_, rest, ok := strings.Cut(text, "://")
		if !ok {
			return false
		}
		authority := rest
		if end := strings.IndexFunc(rest, endsAuthority); end >= 0 {
			authority = rest[:end]
		}
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			if _, password, _ := strings.Cut(authority[:at], ":"); password != "" {
				return true
			}
		}
		text = rest
	}
}

func endsAuthority(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`/?#"'<>`, r)
}

// Masked takes the references `$(NAME)` out of a value of a pod's environment, command or arguments: what they stand
// for is written elsewhere. `$$` is a dollar.
func Masked(text string) string {
	if !strings.Contains(text, "$") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, "$$"):
			b.WriteByte('$')
			i++
		case strings.HasPrefix(rest, "$("):
			end := strings.IndexByte(rest, ')')
			if end < 0 {
				b.WriteString(rest)
				return b.String()
			}
			i += end
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String()
}
