// Package mongouri reads MongoDB connection strings as Ditto and the Java driver beneath it do, without asking the
// network anything. What it returns and its errors hold neither user nor password.
//
// Why there is a parser here although MongoDB's Go driver has one (x/mongo/driver/connstring): that one looks up DNS
// records while it parses mongodb+srv, follows the Go driver's options instead of the Java driver's, quotes the string
// in its errors, and brings some 40 packages along. Ditto moreover takes the query apart and puts it together anew
// before the driver sees it: it is decoded first and split at `&` only, so that an option after `;` is a part of the
// value before it.
//
// Sources: MongoDbUriSupplier in Ditto's internal/utils/persistence, with the semantics of java.net.URI;
// ConnectionString of the MongoDB Java driver 5; the connection string specification of MongoDB.
package mongouri

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// URI is a connection string without what is secret in it.
type URI struct {
	// SRV says that the hosts are to be looked up: mongodb+srv.
	SRV bool
	// Hosts are as they are written, `name` or `name:port`.
	Hosts []string
	// Database is empty if the string names none.
	Database string
	// User and Password say whether there is one; an empty one is none.
	User, Password bool
	// Options are in the order in which they are written.
	Options []Option
}

// Option is one option, with its name as it is written. The value is decoded.
type Option struct{ Name, Value string }

// maxSize is more than any environment variable holds.
const maxSize = 1 << 17

// How connection strings begin.
const (
	plain = "mongodb://"
	srv   = "mongodb+srv://"
)

// Parse reads a connection string. It fails where Ditto or the driver does not start with it, as far as that is about
// its form. The errors say what was expected and quote nothing.
func Parse(text string) (*URI, error) {
	u := &URI{}
	rest, ok := strings.CutPrefix(text, plain)
	if !ok {
		if rest, u.SRV = strings.CutPrefix(text, srv); !u.SRV {
			return nil, errors.New("expected mongodb:// or mongodb+srv:// at the beginning")
		}
	}
	if err := checkCharacters(rest); err != nil {
		return nil, err
	}
	authority, path, query := rest, "", ""
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		authority = rest[:at]
		path, query, _ = strings.Cut(rest[at:], "?")
	}
	if err := u.authority(authority); err != nil {
		return nil, err
	}
	database, _ := url.PathUnescape(strings.TrimPrefix(path, "/"))
	u.Database, _, _ = strings.Cut(database, ".")
	u.options(query)
	return u, nil
}

// checkCharacters is java.net.URI's: what is not allowed has to be percent-encoded.
func checkCharacters(text string) error {
	if len(text) > maxSize {
		return errors.New("expected at most " + strconv.Itoa(maxSize) + " bytes")
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '#':
			return errors.New("expected no # that is not percent-encoded")
		case c <= ' ', c == 0x7f, strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			return errors.New("expected no spaces and no \" < > \\ ^ ` { | } that are not percent-encoded")
		case c == '%' && (i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2])):
			return errors.New("expected two hexadecimal digits after a percent sign")
		}
	}
	return nil
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

// authority reads `user:password@host:port,host`.
func (u *URI) authority(text string) error {
	hosts := text
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		hosts = text[at+1:]
		user, password, _ := strings.Cut(text[:at], ":")
		if user == "" {
			return errors.New("expected a user before the at sign")
		}
		u.User, u.Password = true, password != ""
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if err := u.host(host); err != nil {
			return err
		}
	}
	if u.SRV && len(u.Hosts) > 1 {
		return errors.New("expected one host after mongodb+srv://")
	}
	return nil
}

func (u *URI) host(host string) error {
	var (
		name, port string
		hasPort    bool
	)
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 {
			return errors.New("expected a closing bracket after an IPv6 address")
		}
		name = host[:end+1]
		port, hasPort = strings.CutPrefix(host[end+1:], ":")
	} else {
		name, port, hasPort = strings.Cut(host, ":")
	}
	switch {
	case name == "":
		return errors.New("expected a host")
	case !hasPort:
	case u.SRV:
		return errors.New("expected no port after mongodb+srv://")
	default:
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return errors.New("expected a port between 1 and 65535; a colon in a user or password has to be percent-encoded")
		}
	}
	u.Hosts = append(u.Hosts, host)
	return nil
}

// options reads the query. What holds no equals sign is dropped.
func (u *URI) options(query string) {
	if decoded, err := url.PathUnescape(query); err == nil {
		query = decoded
	}
	for part := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(part, "="); ok {
			u.Options = append(u.Options, Option{Name: name, Value: value})
		}
	}
}

// Option returns the value of an option, whatever the case of its name; of several the last counts.
func (u *URI) Option(name string) (value string, ok bool) {
	for _, o := range u.Options {
		if strings.EqualFold(o.Name, name) {
			value, ok = o.Value, true
		}
	}
	return value, ok
}

// Boolean reads the value of an option as the driver does. known is false for what it ignores.
func Boolean(value string) (on, known bool) {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "true", "yes", "1":
		return true, true
	case "false", "no", "0":
		return false, true
	}
	return false, false
}
