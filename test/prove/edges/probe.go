package edges

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// Probe is one request: a client's, byte for byte.
type Probe struct {
	// Secure says that it comes over TLS.
	Secure bool
	// Host is what the header Host says, `-` for none at all.
	Host   string
	Target string
	// Headers are further lines, without their ends.
	Headers []string
}

// identity is the line that every probe sends unless it has headers of its own, and mine is its value.
const (
	mine     = "client"
	identity = way.Header + ": " + mine
	asQuery  = way.Header + "=" + mine
)

// empty stands in records for a header that is there without a value, which to Ditto hides the query parameter.
const empty = "''"

// login is how the user of the scenarios logs in: user, with the password pass.
const login = "Authorization: Basic dXNlcjpwYXNz"

// String is a line that ParseProbe reads.
func (p Probe) String() string {
	text := p.Host + " " + p.Target
	if p.Secure {
		text = "tls " + text
	}
	if len(p.Headers) != 1 || p.Headers[0] != identity {
		text += " | " + strings.Join(p.Headers, "; ")
	}
	return text
}

// ParseProbe reads what String wrote, and what people write in scenarios.
func ParseProbe(line string) (Probe, error) {
	request, headers, given := strings.Cut(line+" ", " | ")
	p := Probe{Headers: []string{identity}}
	if given {
		p.Headers = slices.DeleteFunc(strings.Split(strings.TrimSpace(headers), "; "), func(h string) bool { return h == "" })
	}
	words := strings.Fields(request)
	if len(words) > 0 && words[0] == "tls" {
		p.Secure, words = true, words[1:]
	}
	if len(words) != 2 {
		return p, fmt.Errorf("%q is no probe: expected `[tls ]HOST TARGET[ | HEADER; HEADER]`", line)
	}
	p.Host, p.Target = words[0], words[1]
	return p, nil
}

// bytes is the request as it is sent; id is by what the backend knows it again.
func (p Probe) bytes(id string) []byte {
	var b strings.Builder
	version := "HTTP/1.1"
	if p.Host == "-" {
		version = "HTTP/1.0"
	}
	fmt.Fprintf(&b, "GET %s %s\r\n", p.Target, version)
	if p.Host != "-" {
		fmt.Fprintf(&b, "Host: %s\r\n", p.Host)
	}
	named := false
	for _, h := range p.Headers {
		b.WriteString(h + "\r\n")
		named = named || strings.HasPrefix(strings.ToLower(h), "connection:")
	}
	if !named {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString(probeHeader + ": " + id + "\r\n\r\n")
	return []byte(b.String())
}

// asks says whether the probe sends the query parameter.
func (p Probe) asks() bool { return strings.Contains(p.Target, asQuery) }

// Arrival is a request that arrived at a backend.
type Arrival struct {
	// At is the Service, Path the target without its query.
	At, Path string
	// Identity are the values of the identity header, in order; Query says that the query parameter arrived.
	Identity []string
	Query    bool
}

// Answer is what became of a probe.
type Answer struct {
	// Status is what the client was told, 0 for a connection that ended without a word.
	Status   int
	Arrivals []Arrival
}

// text is the answer in one line. What is as the probe sent it is left out.
func (a Answer) text(p Probe) string {
	parts := []string{fmt.Sprint(a.Status)}
	for _, at := range a.Arrivals {
		text := at.At
		if sent, _, _ := strings.Cut(p.Target, "?"); at.Path != sent {
			text += " " + at.Path
		}
		ids := strings.ReplaceAll(strings.Join(at.Identity, ","), " ", "_")
		if len(at.Identity) == 1 && ids == "" {
			ids = empty
		}
		if ids != mine {
			text += " id=" + ids
		}
		if at.Query != p.asks() {
			text += fmt.Sprintf(" query=%t", at.Query)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " + ")
}

// parseAnswer reads what text wrote.
func parseAnswer(text string, p Probe) (Answer, error) {
	var a Answer
	parts := strings.Split(text, " + ")
	if _, err := fmt.Sscan(parts[0], &a.Status); err != nil {
		return a, fmt.Errorf("%q is no answer: %w", text, err)
	}
	for _, part := range parts[1:] {
		sent, _, _ := strings.Cut(p.Target, "?")
		at := Arrival{Path: sent, Identity: []string{mine}, Query: p.asks()}
		for i, word := range strings.Fields(part) {
			switch ids, named := strings.CutPrefix(word, "id="); {
			case i == 0:
				at.At = word
			case named && ids == "":
				at.Identity = nil
			case ids == empty:
				at.Identity = []string{""}
			case named:
				at.Identity = strings.Split(ids, ",")
			case strings.HasPrefix(word, "query="):
				at.Query = word == "query=true"
			default:
				at.Path = word
			}
		}
		a.Arrivals = append(a.Arrivals, at)
	}
	return a, nil
}
