package way

import "strconv"

// GlobalConfig is what a controller of ingress-nginx, or of haproxy-ingress, is told for all Ingresses: its flags, its
// ConfigMap, and others that these name. Of the keys of ingress-nginx, main-snippet stands beside http, which nginx
// takes once, so that it forwards no request of HTTP; hide-headers and add-headers are about answers. The zero value is
// a controller that is told nothing.
type GlobalConfig struct {
	// Name is the ConfigMap, for people.
	Name string
	Data map[string]string
	// Unseen says that it cannot be read, so that nobody knows what it says.
	Unseen bool
	// Prefix is that of the annotations which the controller reads, without the slash; empty for the usual one. For
	// haproxy-ingress it is a list with commas.
	Prefix string
	// NoSnippets says why it takes no snippets over though it is not told so; empty where it is told, or takes them.
	NoSnippets string
	// HeadersName is the ConfigMap that proxy-set-headers names, Headers what it holds. HeadersUnseen says that it is
	// not at hand, so that nobody knows which headers it sets.
	HeadersName   string
	Headers       map[string]string
	HeadersUnseen bool
	// ClassName is the ConfigMap that an IngressClass names for its Ingresses, Class what it holds; ClassUnseen says
	// that it cannot be read. Only haproxy-ingress reads one.
	ClassName   string
	Class       map[string]string
	ClassUnseen bool
	// Assumed says that no controller is at hand, and what it is told otherwise is taken for nothing.
	Assumed bool
	// CrossNamespace says that it reads Secrets of other namespaces than an Ingress's own.
	CrossNamespace bool
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
