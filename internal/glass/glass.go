// Package glass is the way out in an emergency in which dittoguard answers, and refuses what has to be done now.
// Whoever may create ConfigMaps in dittoguard's own namespace breaks the glass: for a while that is counted from when
// the API server stored the ConfigMap, nothing is refused, and everything is still judged and said. It ends by itself.
//
// The owner of a protected namespace cannot do that, and neither can a label. A wildcard in somebody's rights is no use
// of it either, as it would be if the webhook configurations asked for a right: it takes an object that says how long
// and why.
package glass

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The keys of the ConfigMap.
const (
	keyFor        = "for"
	keyReason     = "reason"
	keyNamespaces = "namespaces"
)

// Longest is how long glass may stay broken at the most, whatever the options say.
const Longest = 24 * time.Hour

// look is how often Watch looks.
const look = 5 * time.Second

// Options say which ConfigMap counts.
type Options struct {
	Inventory inventory.Reader
	// Namespace and Name are those of the ConfigMap. The namespace is dittoguard's own.
	Namespace, Name string
	// Longest is how long after its creation it may count.
	Longest time.Duration
	// Now is what time it is for API servers, which say when the ConfigMap was created. Default: time.Now.
	Now func() time.Time
	// Log gets a line whenever the state changes.
	Log logr.Logger
}

// Glass is what can be broken. A nil one cannot.
type Glass struct{ Options }

// New makes a glass.
func New(o Options) *Glass {
	if o.Log.GetSink() == nil {
		o.Log = logr.Discard()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Glass{o}
}

// State is how things stand.
type State struct {
	// Until is when it ends or ended, Reason why it was broken, and Namespaces where; none means everywhere.
	Until      time.Time
	Reason     string
	Namespaces []string
	// Broken says that nothing is refused now.
	Broken bool
	// Problem says why a ConfigMap that is there counts for nothing, and never did; it is empty if it counts, or did.
	Problem string
}

// State says how things stand. Nothing of it is kept, so it ends whether or not somebody looks.
func (g *Glass) State() State {
	if g == nil {
		return State{}
	}
	o := g.Inventory.Get(inventory.ConfigMap, g.Namespace, g.Name)
	if o == nil || o.Meta.DeletionTimestamp != nil {
		return State{}
	}
	m, ok := o.Typed.(*corev1.ConfigMap)
	if !ok {
		return State{Problem: "it cannot be read"}
	}
	s := State{Reason: oneLine(m.Data[keyReason])}
	s.Namespaces = strings.FieldsFunc(m.Data[keyNamespaces],
		func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	longest := min(g.Longest, Longest)
	length, err := time.ParseDuration(strings.TrimSpace(m.Data[keyFor]))
	switch {
	case err != nil || length <= 0:
		s.Problem = fmt.Sprintf("its key %q has to say how long, such as 1h", keyFor)
	case length > longest:
		s.Problem = fmt.Sprintf("its key %q says %s, and %s is the longest", keyFor, length, longest)
	case s.Reason == "":
		s.Problem = fmt.Sprintf("its key %q has to say why", keyReason)
	case len(s.Namespaces) == 0 && m.Data[keyNamespaces] != "":
		s.Problem = fmt.Sprintf("its key %q names none", keyNamespaces)
	case o.Meta.CreationTimestamp.IsZero():
		s.Problem = "it does not say when it was created"
	default:
		// The API server writes when an object was created, and nobody can change it. So a longer time needs another
		// ConfigMap.
		s.Until = o.Meta.CreationTimestamp.Add(length)
		s.Broken = g.Now().Before(s.Until)
	}
	return s
}

// In says of a namespace that nothing is refused there now, until when and why; empty if it is. The namespace is empty
// for objects outside namespaces.
func (g *Glass) In(namespace string) string {
	s := g.State()
	if !s.Broken || len(s.Namespaces) > 0 && !slices.Contains(s.Namespaces, namespace) {
		return ""
	}
	return fmt.Sprintf("break glass until %s (%s)", s.Until.UTC().Format(time.RFC3339), s.Reason)
}

// String says how things stand; it is empty if there is nothing to say.
func (s State) String() string {
	where := "nothing is refused"
	if len(s.Namespaces) > 0 {
		where += " in " + strings.Join(s.Namespaces, ", ")
	}
	switch until := s.Until.UTC().Format(time.RFC3339); {
	case s.Problem != "":
		return "break glass counts for nothing: " + s.Problem + "; delete the ConfigMap and create it again"
	case s.Broken:
		return fmt.Sprintf("break glass: %s until %s (%s)", where, until, s.Reason)
	case !s.Until.IsZero():
		return fmt.Sprintf("break glass ended at %s (%s); the ConfigMap can be deleted", until, s.Reason)
	}
	return ""
}

// Note is what /readyz says.
func (g *Glass) Note() string { return g.State().String() }

// Watch logs whatever changes, until the context ends.
func (g *Glass) Watch(ctx context.Context) error {
	last := ""
	for ctx.Err() == nil {
		if now := g.Note(); now != last {
			last = now
			if now == "" {
				now = "break glass is over: the ConfigMap is gone"
			}
			g.Log.Info(now, "configMap", g.Namespace+"/"+g.Name)
		}
		select {
		case <-ctx.Done():
		case <-time.After(look):
		}
	}
	return nil
}

// oneLine is a text of somebody's as a part of one line, and not too long.
func oneLine(text string) string {
	const longest = 200
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1 // a terminal might take it for a command
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest]) + "…"
	}
	return text
}
