package way

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// AskedService is where an edge, or an nginx, asks whether a request may come in.
type AskedService struct {
	// Namespace is whose names Host is looked up among; Host may be an address.
	Namespace, Host string
	Port            int32
	// Path is asked for; WithRequest, that the path of the request itself is added to it.
	Path        string
	WithRequest bool
}

// Asking says what a service does with a request that brings no credentials: off, if it certainly lets everyone in;
// unknown, if that cannot be told; nothing, if nothing of it is known.
type Asking func(AskedService) tri.State

// Ask is what the service at a URL does with everyone; nothing for a URL that the request decides, save for its host:
// that is one of hosts.
func (a Asking) Ask(namespace, address string, hosts []string) tri.State {
	if a == nil {
		return tri.State{}
	}
	address = strings.TrimSpace(address)
	for _, variable := range []string{"$host", "$http_host", "$server_name"} {
		if rest, found := strings.CutPrefix(address, "https://"+variable); found &&
			(rest == "" || rest[0] == '/' || rest[0] == ':') {
			for _, host := range hosts {
				if state := a.Ask(namespace, "https://"+host+rest, nil); state.State != "" {
					return state
				}
			}
		}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.Contains(u.Host+u.Path, "$") {
		return tri.State{}
	}
	service := AskedService{Namespace: namespace, Host: u.Hostname(), Port: 80, Path: u.Path}
	if port, err := strconv.ParseInt(u.Port(), 10, 32); err == nil {
		service.Port = int32(port)
	} else if u.Scheme == "https" {
		service.Port = 443
	}
	if service.Path == "" {
		service.Path = "/"
	}
	return a(service)
}

// Agreed is how an edge says that whom it asks authenticates nobody, or may not.
func Agreed(asked tri.State, source string) tri.State {
	if asked.State == tri.Unknown {
		return tri.Is(tri.Unknown, source, reason.Of("asks-not-known", source, asked.Why))
	}
	return tri.Is(asked.State, source, source+" asks a service that lets everyone in: "+asked.Why)
}
