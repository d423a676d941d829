// Package mention finds the hosts that a text names: an argument, a variable, the configuration of some program. It
// knows no format. It goes by what stands around a word, and says how sure that is.
package mention

import (
	"iter"
	"strconv"
	"strings"
)

// Host is a host name or address that a text names.
type Host struct {
	// Name is in lower case, without a dot at its end.
	Name string
	// Port is 0 where the text says none.
	Port int32
	// Bare says that nothing but its place makes the word a host: it is the whole value of a key (`address: gateway`),
	// of a variable or of an argument, and may as well be any other word.
	Bare bool
}

// maxPort is the largest port, longest the longest host name.
const (
	maxPort = 65535
	longest = 253
)

// Hosts yields the hosts of a text in the order in which they stand, the same one as often as it does. Its cost is
// linear in the text.
//
// A word is a host if a scheme, userinfo or `svc/` stands before it (`http://gateway`, `user@gateway`, `svc/gateway`),
// a port behind it (`gateway:8080`), if it is an address or a name of Kubernetes (`gateway.ditto.svc`), if it is the
// variable that Kubernetes makes of a Service (`GATEWAY_SERVICE_HOST`), or if it is a whole value.
func Hosts(text string) iter.Seq[Host] {
	return func(yield func(Host) bool) {
		for at := 0; at < len(text); {
			if text[at] == '[' {
				if h, end, ok := bracketed(text, at); ok {
					if !yield(h) {
						return
					}
					at = end
					continue
				}
			}
			if !isHostByte(text[at]) {
				at++
				continue
			}
			end := at
			for end < len(text) && isHostByte(text[end]) {
				end++
			}
			if end-at <= longest {
				if h, ok := word(text, at, end); ok && !yield(h) {
					return
				}
			}
			at = end
		}
	}
}

// word reads the run of bytes of host names between two places.
func word(text string, start, end int) (Host, bool) {
	run := strings.ToLower(strings.Trim(text[start:end], "."))
	if name, ok := strings.CutSuffix(run, "_service_host"); ok && name != "" {
		return Host{Name: strings.ReplaceAll(name, "_", "-")}, true
	}
	if srv := strings.SplitN(run, ".", 3); len(srv) == 3 && strings.HasPrefix(srv[0], "_") && strings.HasPrefix(srv[1], "_") {
		run = srv[2] // `_http._tcp.gateway.ditto.svc` is an SRV record of its
	}
	if run == "" || strings.ContainsRune(run, '_') || run[0] == '-' && !strings.HasPrefix(run, "--") {
		return Host{}, false
	}
	h := Host{Name: run, Port: portAt(text, end)}
	before := text[:start]
	switch {
	case strings.HasSuffix(before, "://"):
		return h, true
	case strings.HasSuffix(before, "svc/"), strings.HasSuffix(before, "service/"),
		strings.HasSuffix(before, "services/"):
		return h, true
	case strings.HasSuffix(before, "@") && h.Port != 0:
		return h, true
	case strings.HasSuffix(before, ":///") && (h.Port != 0 || isServiceName(run)):
		// `dns:///gateway:8080` is how gRPC names a host; `file:///etc` is a path.
		return h, true
	case strings.HasSuffix(before, "/"):
		// `registry/name:5000` is an image, `/etc/hosts` a path.
		return Host{}, false
	case run[0] >= '0' && run[0] <= '9' && isAddress(run):
		return h, true
	case strings.HasPrefix(run, "-"), isNumber(run):
		return Host{}, false
	case h.Port != 0, isServiceName(run):
		return h, true
	case run[0] < 'a' || run[0] > 'z':
		return Host{}, false
	}
	h.Bare = true
	return h, isValue(text, start, end)
}

// portAt reads `:8080` behind a host; 0 where there is none.
func portAt(text string, at int) int32 {
	if at >= len(text) || text[at] != ':' {
		return 0
	}
	end := at + 1
	for end < len(text) && end-at <= 6 && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	if end < len(text) && (isHostByte(text[end]) || text[end] == ':') {
		return 0
	}
	port, err := strconv.ParseInt(text[at+1:end], 10, 32)
	if err != nil || port < 1 || port > maxPort {
		return 0
	}
	return int32(port)
}

// bracketed reads an IPv6 address in brackets, and says where it ends.
func bracketed(text string, at int) (h Host, end int, ok bool) {
	const most = 64 // an IPv6 address with a zone
	inside := text[at+1 : min(len(text), at+most)]
	n := strings.IndexByte(inside, ']')
	if n < 0 || strings.Count(inside[:n], ":") < 2 || strings.Trim(inside[:n], "0123456789abcdefABCDEF:.") != "" {
		return Host{}, 0, false
	}
	end = at + 1 + n + 1
	return Host{Name: strings.ToLower(inside[:n]), Port: portAt(text, end)}, end, true
}

// isValue says whether a word is all that follows a key, an equals sign or the dash of a list, or is the whole text.
func isValue(text string, start, end int) bool {
	before := strings.TrimRight(text[max(0, start-8):start], " \t\"'")
	if before != "" || start > 8 {
		if before == "" || !strings.ContainsRune(":=[{,-\n", rune(before[len(before)-1])) {
			return false
		}
	}
	after := strings.TrimLeft(text[end:min(len(text), end+8)], " \t\"'")
	return after == "" || strings.ContainsRune("\r\n,;]}#", rune(after[0]))
}

// isServiceName: a name that only the DNS of a cluster has.
func isServiceName(run string) bool {
	return strings.HasSuffix(run, ".svc") || strings.Contains(run, ".svc.") || strings.Contains(run, ".pod.")
}

// isAddress: four numbers; whether they are small enough is left to whoever looks for it.
func isAddress(run string) bool {
	return strings.Count(run, ".") == 3 && strings.Trim(run, "0123456789.") == "" && !strings.Contains(run, "..")
}

func isNumber(run string) bool { return strings.Trim(run, "0123456789.") == "" }

func isHostByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_'
}
