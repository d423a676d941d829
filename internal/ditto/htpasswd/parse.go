package htpasswd

import (
	"bytes"
	"fmt"
)

// maxHash is how many bytes of a hash nginx reads: NGX_HTTP_AUTH_BUF_SIZE.
const maxHash = 2048

// A Problem is a line that gives nobody a way in, because nginx does not read it as an entry. It never quotes the line.
type Problem struct {
	// Line is the line in the file, from 1.
	Line int
	// What is wrong with it: `no colon after the user name`.
	What string
}

// Error is the problem with its line: `line 3: no colon after the user name`.
func (p Problem) Error() string { return fmt.Sprintf("line %d: %s", p.Line, p.What) }

// Parse reads a password file as nginx does (src/http/modules/ngx_http_auth_basic_module.c): lines of user:hash or
// user:hash:comment; empty lines and lines that start with # are skipped; a hash ends at a colon, a carriage return or
// a NUL; spaces belong to the user name or to the hash; the first line of a user is the one that counts, even if nobody
// can log in with it. Entries and problems are in the order of the file.
func Parse(text []byte) ([]Entry, []Problem) {
	var entries []Entry
	var problems []Problem
	first := map[string]int{}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		user, stored, problem := split(bytes.TrimSuffix(line, []byte{'\n'}))
		seen, again := first[user]
		if user != "" && !again {
			first[user] = number
		}
		switch {
		case user != "" && again:
			problems = append(problems,
				Problem{number, fmt.Sprintf("line %d is for the same user, and nginx reads only that", seen)})
		case problem != "":
			problems = append(problems, Problem{number, problem})
		case user != "":
			entries = append(entries, newEntry(user, number, stored))
		}
	}
	return entries, problems
}

// Map reads one key of a Secret whose keys are user names and whose values are hashes (ingress-nginx, annotation
// auth-secret-type: auth-map). ingress-nginx writes user, colon, value and a newline into a file for nginx; therefore a
// value of several lines is several entries, and lines are counted within the value.
func Map(user string, value []byte) ([]Entry, []Problem) {
	return Parse(append([]byte(user+":"), value...))
}

// split takes a line apart. A line to be skipped has neither user nor problem.
func split(line []byte) (user, stored, problem string) {
	if len(line) == 0 || line[0] == '#' || line[0] == '\r' || len(bytes.TrimSpace(line)) == 0 {
		return "", "", ""
	}
	name, rest, found := bytes.Cut(line, []byte{':'})
	if !found {
		return "", "", "no colon after the user name"
	}
	if len(name) == 0 {
		return "", "", "no user name before the colon"
	}
	if end := bytes.IndexAny(rest, ":\r\x00"); end >= 0 {
		rest = rest[:end]
	}
	switch {
	case len(rest) == 0:
		problem = "no hash after the user name"
	case len(rest) > maxHash:
		problem = fmt.Sprintf("the hash is longer than the %d bytes that nginx reads", maxHash)
	}
	return string(name), string(rest), problem
}
