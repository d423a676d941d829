// Package wire knows paths as they stand on the wire: what nginx makes of the bytes that a client sends, how it writes
// them when it forwards a request, and what Ditto reads.
package wire

import "strings"

// Normalise is what nginx makes of the path and query a client sends, for choosing a location: percent-decoded, dot
// segments resolved, slashes merged if asked, cut at "#". It follows ngx_http_parse_complex_uri. ok is false for what
// nginx answers with 400. quoted says that nginx will escape again what it forwards, plus that a plus sign was in the
// path.
//
//nolint:gocyclo // one state machine, state for state as nginx has it
func Normalise(raw string, mergeSlashes bool) (uri, args string, quoted, plus, ok bool) {
	if raw == "" || raw[0] != '/' {
		return "", "", false, false, false
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] <= ' ' || raw[i] == 0x7f {
			return "", "", false, false, false
		}
	}
	const (
		usual = iota
		slash
		dot
		dotDot
		quoteFirst
		quoteSecond
	)
	u := make([]byte, 0, len(raw))
	state, back := usual, usual
	p := 0
	next := func() byte {
		c := byte(0)
		if p < len(raw) {
			c = raw[p]
		}
		p++
		return c
	}
	// up drops the last segment: u ends in "/..".
	up := func() bool {
		i := len(u) - 4
		for ; i >= 0 && u[i] != '/'; i-- {
		}
		if i < 0 {
			return false
		}
		u = u[:i+1]
		return true
	}
	query := func() (string, string, bool, bool, bool) {
		args := ""
		if p < len(raw) {
			args, _, _ = strings.Cut(raw[p:], "#")
		}
		return string(u), args, quoted, plus, true
	}
	var decoded byte
	ch := next()
	for p <= len(raw) {
		switch state {
		case quoteFirst:
			quoted = true
			v, hex := unhex(ch)
			if !hex {
				return "", "", false, false, false
			}
			decoded, state = v<<4, quoteSecond
			ch = next()
			continue
		case quoteSecond:
			v, hex := unhex(ch)
			if !hex {
				return "", "", false, false, false
			}
			ch = decoded + v
			switch ch {
			case 0:
				return "", "", false, false, false
			case '%', '#', '?':
				state = usual
				u = append(u, ch)
				ch = next()
			default:
				state = back
			}
			continue
		}
		switch ch {
		case '/':
			switch state {
			case usual:
				u = append(u, ch)
			case slash:
				if !mergeSlashes {
					u = append(u, ch)
				}
			case dot:
				u = u[:len(u)-1]
			case dotDot:
				if !up() {
					return "", "", false, false, false
				}
			}
			state = slash
		case '%':
			back, state = state, quoteFirst
		case '?', '#':
			switch state {
			case dot:
				u = u[:len(u)-1]
			case dotDot:
				if !up() {
					return "", "", false, false, false
				}
			}
			if ch == '#' {
				return string(u), "", quoted, plus, true
			}
			return query()
		case '.':
			u = append(u, ch)
			switch state {
			case slash:
				state = dot
			case dot:
				state = dotDot
			case dotDot:
				state = usual
			}
		default:
			if ch == '+' {
				plus = true
			}
			u = append(u, ch)
			state = usual
		}
		ch = next()
	}
	switch state {
	case quoteFirst, quoteSecond:
		return "", "", false, false, false
	case dot:
		u = u[:len(u)-1]
	case dotDot:
		if !up() {
			return "", "", false, false, false
		}
	}
	return string(u), "", quoted, plus, true
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// EscapeURI is nginx's NGX_ESCAPE_URI since 1.21.1.
func EscapeURI(s string) string { return escape(s, ` #%?"<>\^`+"`{|}") }

// EscapeArgs is nginx's NGX_ESCAPE_ARGS since 1.21.1.
func EscapeArgs(s string) string { return escape(s, ` #%&+;?"<>\^`+"`{|}") }

func escape(s, unsafe string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(unsafe, c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// EscapeAt writes the byte at i as an escape that begins with percent, which is `%`, or `%25` where it is to be read
// twice. Behind the end there is none, and a slash stays.
func EscapeAt(path string, i int, percent string) string {
	if i >= len(path) || path[i] == '/' {
		return path
	}
	const hex = "0123456789ABCDEF"
	return path[:i] + percent + string(hex[path[i]>>4]) + string(hex[path[i]&15]) + path[i+1:]
}
