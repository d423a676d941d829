package explain

import (
	"reflect"
	"regexp"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// unknown collects what could not be told of an installation.
func (b *builder) unknown(i Installation) []Unknown {
	list := []Unknown{}
	add := func(subject inventory.Ref, what, message string) {
		u := Unknown{Subject: subject, What: what, Message: message}
		if !slices.Contains(list, u) {
			list = append(list, u)
		}
	}
	for _, c := range i.Components {
		for _, s := range c.Settings {
			if s.State == tri.Unknown {
				add(c.Workload, s.Title, s.Why)
			}
		}
		for _, p := range c.Ports {
			if p.Isolated.State == tri.Unknown {
				add(c.Workload, "whether NetworkPolicies isolate its ports", p.Isolated.Why)
			}
		}
	}
	for _, part := range b.byNamespace[i.Namespace] {
		if !recognize.IsDitto(part.Component) {
			continue
		}
		known := facts.OfComponent(b.view, part)
		for _, why := range known.Logging.Unknown {
			add(part.Workload.Ref, "log levels", why)
		}
		for _, why := range known.Literals.Unknown {
			add(part.Workload.Ref, "whether secrets are written out", why)
		}
		if known.Database.LaxUnknown != "" {
			add(part.Workload.Ref, "whether MongoDB's server is checked", known.Database.LaxUnknown)
		}
	}
	for _, w := range i.WaysIn {
		for _, why := range w.Unknown {
			add(w.Entry, "what can come in over "+w.Via, why)
		}
	}
	for _, f := range i.PasswordFiles {
		for _, u := range f.Users {
			if u.State == tri.Unknown {
				add(f.Holder, "whether the password of "+u.Name+" is a published one", u.Why)
			}
		}
	}
	// What the rules have no part in: proxies that could not be read, ways that were given up, kinds that are not read.
	for _, u := range b.opts.Verdict.Unknown {
		switch {
		case u.Unlisted && (u.Subject.Namespace == "" || u.Subject.Namespace == i.Namespace):
			list = append(list, Unknown{Subject: u.Subject, Unlisted: true, What: u.What, Message: u.Message})
		case u.Rule == "" && !u.Unlisted && b.concerns(i, u.Subject):
			add(u.Subject, u.What, u.Message)
		}
	}
	return list
}

// concerns says whether an object belongs to an installation.
func (b *builder) concerns(i Installation, subject inventory.Ref) bool {
	return subject.Namespace == i.Namespace || subject.Kind == "Namespace" && subject.Name == i.Namespace ||
		slices.ContainsFunc(i.Components, func(c Component) bool { return c.Workload == subject })
}

// userInfo is the part of a URI that may hold a password.
var userInfo = regexp.MustCompile(`://[^/?#@\s"']*:[^/?#@\s"']*@`)

// withoutCredentials takes passwords in URIs out of every text. There should be none: facts name places, not values.
// But parts of configurations are quoted for people, and a URI can stand anywhere.
func withoutCredentials(e *Explanation) { scrub(reflect.ValueOf(e).Elem()) }

func scrub(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); userInfo.MatchString(s) {
			v.SetString(userInfo.ReplaceAllString(s, "://(credentials)@"))
		}
	case reflect.Slice:
		for n := range v.Len() {
			scrub(v.Index(n))
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			scrub(field)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			scrub(v.Elem())
		}
	default:
	}
}
