package haproxy

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// settings are what counts for an Ingress at a controller of haproxy-ingress: what its Service says, then what it says
// itself, then the parameters of its class, and in the end the ConfigMap of the controller, which has a default for
// nearly each annotation (pkg/converters/ingress/annotations: Mapper).
type settings struct {
	in   way.Input
	told way.GlobalConfig
	a    way.Annotations
	// from is where a setting stands that neither the Ingress nor its Service has.
	from map[string]string
	// differ are settings that another Ingress of the Service has, too, and of which one counts for all.
	differ map[string]bool
	// unread are configurations, front is inFront with what conditions add, and redirecting is redirected: all of them
	// are the same for each host and path.
	unread, front []string
	redirecting   func() tri.State
}

// settingsOf reads an Ingress as a controller does that is told something.
func settingsOf(in way.Input, told way.GlobalConfig) *settings {
	in = under(in, told)
	s := &settings{in: in, told: told, a: annotationsOf(in), from: map[string]string{}, differ: map[string]bool{}}
	s.share()
	for _, name := range way.KeysOf(told.Class) {
		ofService := slices.Contains(haproxyIngressForService(), name)
		if slices.Contains(annotationsOnly(), name) || !valid(name, told.Class[name]) || in.ByDefault && !ofService {
			continue
		}
		s.byDefault(name, told.Class[name], told.ClassName)
		if in.ByDefault && s.from[name] != "" {
			s.differ[name] = true // it does not count for a default backend, but may for other paths of the Service
		}
	}
	for _, name := range defaulted() {
		if value, says := told.Data[name]; says {
			s.byDefault(name, value, told.Name)
		}
	}
	for _, name := range frontends() {
		s.from[name] = told.Name
	}
	s.unread, s.front = s.configurations(), append(s.inFront(), s.conditions("https-request", "fronting-proxy")...)
	s.redirecting = sync.OnceValue(s.redirected)
	return s
}

// byDefault is a setting of a ConfigMap.
func (s *settings) byDefault(name, value, configMap string) {
	have, says := s.a[name]
	_, decided := validOnly(s.in.ServiceAnnotations)[name]
	switch {
	case !says:
		s.a[name], s.from[name] = value, configMap
	case !decided && s.from[name] == "" && configMap == s.told.ClassName && have != value &&
		slices.Contains(haproxyIngressForService(), name):
		// For a path of another Ingress of the class it may be the first.
		s.a[name], s.differ[name] = have+"\n"+value, true
	}
}

// named is a setting, for people, with where it stands if that is a ConfigMap.
func (s *settings) named(name string) string {
	if from := s.from[name]; from != "" {
		return name + " in " + from
	}
	return name
}

// source is where a setting comes from.
func (s *settings) source(name string) string {
	if s.from[name] != "" {
		return name
	}
	return PrefixHAProxyIngress + name
}

// unlessDiffering makes unknown what a setting decides of which one of several counts.
func (s *settings) unlessDiffering(name string, state *tri.State) {
	if s.differ[name] {
		*state = tri.Is(tri.Unknown, s.source(name), reason.Of("haproxy-service-settings-differ", name))
	}
}

// defaulted are the annotations, as far as they are read here, for which the ConfigMap has a default. Those that count
// only where an object says them are not among them: auth-tls-secret, oauth and what belongs to it, and those that
// annotationsOnly has. ssl-redirect has a rule of its own (redirects).
func defaulted() []string {
	return append([]string{
		"auth-url", "auth-headers-succeed", "auth-external-placement", "oauth-headers", "rewrite-target",
		"server-alias", "server-alias-regex", "ssl-always-add-https", "ssl-passthrough",
	}, haproxyIngressForService()...)
}

// annotationsOnly are read of Ingresses alone, or of nothing but Ingresses and the ConfigMap: no parameter of a class
// counts for them (ingtypes.AnnHost, and what is read of annBack).
func annotationsOnly() []string {
	return []string{
		"path-type", "redirect-to", "tcp-service-port", "app-root", "auth-tls-secret", "auth-tls-strict",
		"auth-tls-verify-client", "server-alias", "server-alias-regex", "ssl-always-add-https", "ssl-passthrough",
		"ssl-passthrough-http-port", "ssl-redirect-code",
	}
}

// annotationsOf: of two prefixes the first wins (readConfigKeys), and a Service's annotation over an Ingress's. What is
// no value of the setting is passed over.
func annotationsOf(in way.Input) way.Annotations {
	a := ownOf(in.Ingress)
	maps.Copy(a, validOnly(in.ServiceAnnotations))
	return a
}

// ownOf are the annotations of an Ingress itself.
func ownOf(ing *networkingv1.Ingress) way.Annotations { return validOnly(ing.Annotations) }

func validOnly(all map[string]string) way.Annotations {
	a := way.WithPrefix(all, PrefixHAProxyIngress, way.PrefixIngress)
	maps.DeleteFunc(a, func(name, value string) bool { return !valid(name, value) })
	return a
}

// valid says whether an annotation has a value that it can have (validators). ConfigMaps of controllers are not asked.
func valid(name, value string) bool {
	_, err := strconv.ParseBool(value)
	return name != "ssl-redirect" || err == nil
}

// under is an Ingress, with what counts beside it, as a controller reads it that is told prefixes of its own.
func under(in way.Input, told way.GlobalConfig) way.Input {
	own := prefixesOf(told)
	if own == nil {
		return in
	}
	usual := []string{PrefixHAProxyIngress, way.PrefixIngress}
	as := func(ing *networkingv1.Ingress) *networkingv1.Ingress {
		copied := *ing
		copied.Annotations = way.Under(ing.Annotations, own, usual)
		return &copied
	}
	in.Ingress, in.ServiceAnnotations = as(in.Ingress), way.Under(in.ServiceAnnotations, own, usual)
	others := in.OfService
	in.OfService = nil
	for _, other := range others {
		in.OfService = append(in.OfService, as(other))
	}
	return in
}

// prefixesOf are the prefixes of annotations that a controller is told, nil for the usual ones.
func prefixesOf(told way.GlobalConfig) []string {
	var list []string
	for prefix := range strings.SplitSeq(told.Prefix, ",") {
		if prefix = strings.TrimSpace(prefix); prefix != "" {
			list = append(list, prefix+"/")
		}
	}
	if slices.Equal(list, []string{PrefixHAProxyIngress, way.PrefixIngress}) {
		return nil
	}
	return list
}

// redirects says whether ssl-redirect has plain HTTP redirected, and whether anything is said of it. In the ConfigMap
// of a controller, anything but a word for true is false.
func (s *settings) redirects() (redirects, said bool) {
	if redirects, said = s.a.Bool("ssl-redirect"); said {
		return redirects, said
	}
	value, said := s.told.Data["ssl-redirect"]
	if !said {
		return true, false
	}
	s.from["ssl-redirect"] = s.told.Name
	redirects, err := strconv.ParseBool(value)
	return redirects && err == nil, true
}

// isSet says whether a switch of the controller's ConfigMap is on; one without a value is as by default, and a word
// that is none turns it off.
func (s *settings) isSet(name string, byDefault bool) bool {
	value, said := s.told.Data[name]
	if !said {
		return byDefault
	}
	on, err := strconv.ParseBool(value)
	return on && err == nil
}

// passesOver says why what is said for paths does not count for some requests, empty if it does for all; words are what
// the annotations begin with that say it.
func (s *settings) passesOver(words ...string) string {
	switch {
	case s.root():
		return reason.Of("haproxy-strict-host", s.told.Name)
	case s.aliased() && !s.same(words...):
		return reason.Of("haproxy-aliased")
	}
	return ""
}

// root says whether the controller sends requests for other hosts to a path of the Ingress: with strict-host, what no
// path of a host takes goes where the root does of the rules without a host (pkg/haproxy/config.go: SyncConfig).
func (s *settings) root() bool {
	if !s.isSet("strict-host", false) {
		return false
	}
	spec := &s.in.Ingress.Spec
	return spec.DefaultBackend != nil || slices.ContainsFunc(spec.Rules, func(rule networkingv1.IngressRule) bool {
		return rule.Host == "" && rule.HTTP != nil && slices.ContainsFunc(rule.HTTP.Paths,
			func(p networkingv1.HTTPIngressPath) bool { return p.Path == "/" || p.Path == "" })
	})
}

// same says whether all paths of the Service have what an Ingress says by annotations that begin with some words.
//
// Maps of HAProxy tell the path that a request is for, and there are neither aliases in them nor the root that
// strict-host gives other hosts. They are asked only where the paths of a backend, which is a Service's, have different
// settings (BackendPathConfig.NeedACL); otherwise the setting counts for all requests there.
func (s *settings) same(words ...string) bool {
	if !s.in.OfServiceAll {
		return false
	}
	about := func(ing *networkingv1.Ingress) map[string]string {
		a := ownOf(ing)
		maps.DeleteFunc(a, func(name, _ string) bool {
			return !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(name, word) })
		})
		return a
	}
	own, class := about(s.in.Ingress), s.in.Ingress.Spec.IngressClassName
	return !slices.ContainsFunc(s.in.OfService, func(other *networkingv1.Ingress) bool {
		theirs := other.Spec.IngressClassName
		return !maps.Equal(own, about(other)) || (class == nil) != (theirs == nil) || class != nil && *class != *theirs
	})
}

// frontends are keys of the ConfigMap with configuration of HAProxy's own that stands before what Ingresses say.
func frontends() []string {
	return []string{"config-frontend", "config-frontend-early", "config-frontend-late", "config-proxy", "config-sections"}
}

// configurations are the settings that add configuration of HAProxy's own, which is not read. Sections of their own
// count where one of them takes requests.
func (s *settings) configurations() []string {
	var list []string
	for _, name := range haproxyIngressConfig() {
		if configures(s.a, name) {
			list = append(list, name)
		}
	}
	return append(list, s.inFront()...)
}

// inFront are those of them that stand before what Ingresses say.
func (s *settings) inFront() []string {
	var list []string
	for _, name := range frontends() {
		if !configures(s.told.Data, name) {
			continue
		}
		if name == "config-sections" && !slices.ContainsFunc(strings.Split(s.told.Data[name], "\n"), func(line string) bool {
			words := strings.Fields(line)
			return len(words) > 0 && slices.Contains([]string{"frontend", "listen", "defaults"}, words[0])
		}) {
			continue
		}
		list = append(list, name)
	}
	return list
}

// conditions are the settings that add to conditions of the controller's own, by their names: several of a name are
// alternatives, wherever they stand.
func (s *settings) conditions(names ...string) []string {
	var list []string
	for _, setting := range haproxyIngressConfig() {
		for line := range strings.SplitSeq(s.a[setting], "\n") {
			words := strings.Fields(line)
			if len(words) > 1 && words[0] == "acl" && slices.Contains(names, words[1]) {
				list = append(list, setting)
				break
			}
		}
	}
	return list
}

// unseen is why nothing is known of what the controller is told, empty where it is.
func (s *settings) unseen() string {
	name := s.told.Name
	switch {
	case s.told.ClassUnseen:
		name = s.told.ClassName
	case !s.told.Unseen:
		return ""
	}
	return reason.Of("haproxy-configuration-not-readable", name)
}

// aliased says whether further names lead to a host of the Ingress.
func (s *settings) aliased() bool {
	return s.in.HostAliased || s.a.Has("server-alias") || s.a.Has("server-alias-regex")
}

// aliases are further hosts that lead to those of the Ingress, and that its annotations under the usual prefixes do not
// name.
func (s *settings) aliases() []requests.Hosts {
	if s.from["server-alias"] == "" && s.from["server-alias-regex"] == "" && prefixesOf(s.told) == nil {
		return nil
	}
	return aliasesOf(s.a)
}
