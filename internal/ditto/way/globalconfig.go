package way

import "strconv"

// GlobalConfig is what a controller of ingress-nginx is told for all Ingresses: its ConfigMap, and the one with headers
// that this one names. Of its keys, main-snippet stands beside http, which nginx takes once, so that it forwards no
// request of HTTP; hide-headers and add-headers are about answers. The zero value is a controller that is told nothing.
type GlobalConfig struct {
	// Name is the ConfigMap, for people.
	Name string
	Data map[string]string
	// Unseen says that it cannot be read, so that nobody knows what it says.
	Unseen bool
	// Prefix is that of the annotations which the controller reads, without the slash; empty for the usual one.
	Prefix string
	// NoSnippets says why it takes no snippets over though it is not told so; empty where it is told, or takes them.
	NoSnippets string
	// HeadersName is the ConfigMap that proxy-set-headers names, Headers what it holds. HeadersUnseen says that it is
	// not at hand, so that nobody knows which headers it sets.
	HeadersName   string
	Headers       map[string]string
	HeadersUnseen bool
}

// IsTrue says that a key is there and says so.
func (c GlobalConfig) IsTrue(key string) bool { return c.is(key, true) }

// IsFalse says that a key is there and says no.
func (c GlobalConfig) IsFalse(key string) bool { return c.is(key, false) }

func (c GlobalConfig) is(key string, want bool) bool {
	value, err := strconv.ParseBool(c.Data[key])
	return err == nil && value == want
}

// In says where a key stands, for people.
func (c GlobalConfig) In(key string) string { return key + " in " + c.Name }
