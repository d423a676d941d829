package baseline

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// document is the file.
type document struct {
	APIVersion string    `yaml:"apiVersion"`
	Kind       string    `yaml:"kind"`
	Findings   []finding `yaml:"findings"`
}

type finding struct {
	Rule    string  `yaml:"rule"`
	Subject object  `yaml:"subject"`
	Entry   *object `yaml:"entry,omitempty"`
	Message string  `yaml:"message,omitempty"`
	Reason  string  `yaml:"reason,omitempty"`
	Owner   string  `yaml:"owner,omitempty"`
	Known   []part  `yaml:"known"`
}

type part struct {
	Key       string `yaml:"key"`
	Container string `yaml:"container,omitempty"`
	Lets      []box  `yaml:"lets,omitempty"`
}

// box is requests.Box.
type box struct {
	From string `yaml:"from"`
	// Addresses is nil for all.
	Addresses  *[]netip.Prefix `yaml:"addresses,omitempty"`
	Doors      []door          `yaml:"doors"`
	Hosts      []hosts         `yaml:"hosts"`
	Paths      []paths         `yaml:"paths,omitempty"`
	Raw        bool            `yaml:"raw,omitempty"`
	Conditions []string        `yaml:"conditions,omitempty"`
}

type door struct {
	Kind string `yaml:"kind"`
	Port int32  `yaml:"port,omitempty"`
	Of   int32  `yaml:"of,omitempty"`
}

type hosts struct {
	Name   string   `yaml:"name"`
	Opaque bool     `yaml:"opaque,omitempty"`
	Except []string `yaml:"except,omitempty"`
}

type paths struct {
	Kind   string  `yaml:"kind"`
	Text   string  `yaml:"text,omitempty"`
	Floor  string  `yaml:"floor,omitempty"`
	Except []paths `yaml:"except,omitempty"`
}

// The words of the file for values of package requests.
var (
	reaches = map[requests.Reach]string{requests.Cluster: "cluster", requests.Internal: "internal",
		requests.Public: "public"}
	kinds = map[requests.Kind]string{
		requests.Exact: "exact", requests.Elements: "elements", requests.Characters: "characters",
		requests.Fold:  "fold",
		requests.Loose: "loose", requests.Opaque: "opaque",
	}
)

// MarshalYAML writes a box in a line.
func (b box) MarshalYAML() (any, error) {
	type plain box
	return inLine(plain(b))
}

func inLine(v any) (any, error) {
	var n yaml.Node
	if err := n.Encode(v); err != nil {
		return nil, err
	}
	n.Style = yaml.FlowStyle
	return &n, nil
}

// Write writes the file, the same baseline always in the same way.
func (b *Baseline) Write(w io.Writer) error {
	d := document{APIVersion: APIVersion, Kind: Kind, Findings: []finding{}}
	for _, e := range b.Entries {
		f := finding{Rule: e.Rule, Subject: object(e.Subject), Message: e.Message, Reason: e.Reason, Owner: e.Owner}
		if e.Entry != nil {
			f.Entry = new(object(*e.Entry))
		}
		for _, p := range e.Parts {
			f.Known = append(f.Known, part{Key: p.Key, Container: p.Container, Lets: written(p.Lets)})
		}
		d.Findings = append(d.Findings, f)
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(d); err != nil {
		return fmt.Errorf("writing the baseline: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// entry reads a finding; problem says which field is wrong, and why.
func (f *finding) entry() (e Entry, problem string) {
	e = Entry{Known: check.Known{Rule: f.Rule, Subject: f.Subject.ref(), Message: f.Message}, Reason: f.Reason,
		Owner: f.Owner}
	if f.Entry != nil {
		e.Entry = new(f.Entry.ref())
	}
	switch {
	case f.Rule == "":
		return e, "rule: missing"
	case f.Subject.Kind == "":
		return e, "subject: missing"
	case len(f.Known) == 0:
		return e, "known: missing"
	}
	for i, p := range f.Known {
		if p.Key == "" {
			return e, fmt.Sprintf("known[%d].key: missing", i)
		}
		part := check.KnownPart{Key: p.Key, Container: p.Container}
		for n, b := range p.Lets {
			box, problem := b.read()
			if problem != "" {
				return e, fmt.Sprintf("known[%d].lets[%d].%s", i, n, problem)
			}
			part.Lets = append(part.Lets, box)
		}
		e.Parts = append(e.Parts, part)
	}
	return e, ""
}

func written(set requests.Set) []box {
	var list []box
	for _, r := range set {
		b := box{From: reaches[r.Sources.Reach], Doors: []door{}, Hosts: []hosts{}, Paths: writtenPaths(r.Paths),
			Raw: r.Raw, Conditions: r.Conditions}
		if r.Sources.Ranges != nil {
			b.Addresses = &r.Sources.Ranges
		}
		for _, d := range r.Doors {
			b.Doors = append(b.Doors, door(d))
		}
		for _, h := range r.Hosts {
			b.Hosts = append(b.Hosts, hosts(h))
		}
		list = append(list, b)
	}
	return list
}

func writtenPaths(list []requests.Paths) []paths {
	var to []paths
	for _, p := range list {
		to = append(to, paths{Kind: kinds[p.Kind], Text: p.Text, Floor: p.Floor, Except: writtenPaths(p.Except)})
	}
	return to
}

func (b *box) read() (r requests.Box, problem string) {
	r = requests.Box{Raw: b.Raw, Conditions: b.Conditions}
	reach, found := keyOf(reaches, b.From)
	if !found {
		return r, fmt.Sprintf("from: expected cluster, internal or public, found %q", b.From)
	}
	r.Sources.Reach = reach
	if b.Addresses != nil {
		r.Sources.Ranges = append([]netip.Prefix{}, *b.Addresses...)
	}
	for _, d := range b.Doors {
		r.Doors = append(r.Doors, requests.Door(d))
	}
	for _, h := range b.Hosts {
		r.Hosts = append(r.Hosts, requests.Hosts(h))
	}
	r.Paths, problem = readPaths("paths", b.Paths)
	return r, problem
}

func readPaths(field string, list []paths) (to []requests.Paths, problem string) {
	for i, p := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		kind, found := keyOf(kinds, p.Kind)
		if !found {
			return nil, fmt.Sprintf("%s.kind: there is no kind %q", at, p.Kind)
		}
		except, problem := readPaths(at+".except", p.Except)
		if problem != "" {
			return nil, problem
		}
		to = append(to, requests.Paths{Kind: kind, Text: p.Text, Floor: p.Floor, Except: except})
	}
	return to, ""
}

func keyOf[K comparable](words map[K]string, word string) (K, bool) {
	for key, w := range words {
		if w == word {
			return key, true
		}
	}
	var none K
	return none, false
}

func (b *Baseline) sort() {
	slices.SortStableFunc(b.Entries, func(x, y Entry) int { return x.Compare(y.Known) })
}
