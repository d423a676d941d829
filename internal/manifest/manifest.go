// Package manifest reads Kubernetes manifests from files, directories and stdin, with the line of every object and
// field.
//
// It reads YAML as kubectl does, several documents and Lists included, reports every problem at once, and leaves
// nothing out in silence: what it does not read is named in the Result.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Options say how to read.
type Options struct {
	// Namespace is that of objects which name none and need one, as with kubectl --namespace; "default" if empty. A
	// kind that is not known is taken for one that lives in a namespace, unless its CustomResourceDefinition is among
	// the manifests and says otherwise.
	Namespace string
	// MaxFileSize is the number of bytes that one file, or stdin, may have; 64 MiB if 0.
	MaxFileSize int64
	// Command is what reads from a pipe what a tool rendered, for messages; "dittoguard check" if empty.
	Command string
	// Render renders a folder of Kustomize or Helm. Without it such a folder is an error that says how.
	Render func(Folder) (Rendering, error)
	// Makes says whether an object has others rendered, and Made renders what of those lies in the same tree; nil if
	// nothing does. They may be nil themselves.
	Makes func(*inventory.Object) bool
	Made  func(inventory.Reader, *inventory.Object, Followed) *Made
}

const (
	defaultCommand     = "dittoguard check"
	defaultNamespace   = "default"
	defaultMaxFileSize = 64 << 20
)

// Stdin is what the file of objects is called that were read from standard input.
const Stdin = "stdin"

// Result is what was read.
type Result struct {
	// Objects are in the order of the paths, files and documents. Of an object that is there twice they hold the later
	// one, which is what kubectl apply leaves behind; see Worlds for the others. A warning says so.
	Objects []*inventory.Object
	// Warnings are lines for people: `a.yaml:3: …`.
	Warnings []string
	// Skipped are documents and files below a directory that look like manifests and are none.
	Skipped []Skipped
	// Other are the files below a directory that are neither .yaml, .yml nor .json, and its hidden directories, the
	// latter with a separator at the end.
	Other []string
	// Unnamed are the files with objects in directories that Kustomize builds which no kustomization that was read
	// names: they are not deployed with the others.
	Unnamed []string
	// Notes are what else there is to know, in a sentence each.
	Notes []string

	// versions are the objects that are there more than once, in their order.
	versions map[inventory.ID][]*inventory.Object
}

// Worlds are sets of objects without an object that is there twice: folders often hold several environments, and none
// of them may hide another. The first world has the first version of everything, the last one is Objects.
func (r *Result) Worlds() [][]*inventory.Object {
	most := 1
	for _, versions := range r.versions {
		most = max(most, len(versions))
	}
	worlds := make([][]*inventory.Object, 0, most)
	for n := range most - 1 {
		world := make([]*inventory.Object, len(r.Objects))
		for i, o := range r.Objects {
			if versions := r.versions[o.Ref.ID()]; n < len(versions) {
				o = versions[n]
			}
			world[i] = o
		}
		worlds = append(worlds, world)
	}
	return append(worlds, r.Objects)
}

// Twice names an object that is defined more than once, and not always the same, with where; empty if there is none.
func (r *Result) Twice() string {
	for _, o := range r.Objects {
		versions := r.versions[o.Ref.ID()]
		for i := range versions {
			if i > 0 && !reflect.DeepEqual(versions[0].Content(), versions[i].Content()) {
				a, b := versions[0].Source, versions[i].Source
				return fmt.Sprintf("%s is defined at %s:%d and, otherwise, at %s:%d", o.Ref, a.File, a.Line, b.File,
					b.Line)
			}
		}
	}
	return ""
}

// Skipped is something below a directory that was not read.
type Skipped struct {
	File string
	// Line is where the document begins, 0 if the whole file was skipped.
	Line   int
	Reason string
}

// String is the form for people: `deploy/values.yaml:1: not a Kubernetes object: apiVersion and kind are missing`.
func (s Skipped) String() string {
	if s.Line == 0 {
		return s.File + ": " + s.Reason
	}
	return fmt.Sprintf("%s:%d: %s", s.File, s.Line, s.Reason)
}

// hint is for the most common reason why a file that looks like a manifest is none.
const hint = "\n  this looks like a template; render the chart first: helm template … | %s -"

// Load reads the files, the directories (recursively) and, for `-`, stdin. A directory that Kustomize or Helm makes
// manifests of is rendered (Options.Render), and nothing in it is read; a file in it that is named itself is. The
// error, if any, joins every problem, one a line with file and line number; then there is no Result.
func Load(paths []string, stdin io.Reader, opts Options) (*Result, error) {
	if opts.Namespace == "" {
		opts.Namespace = defaultNamespace
	}
	if opts.Command == "" {
		opts.Command = defaultCommand
	}
	if opts.MaxFileSize == 0 {
		opts.MaxFileSize = defaultMaxFileSize
	}
	found := list(paths)
	result := &Result{Skipped: found.skipped, Other: found.other, Unnamed: found.unnamed()}
	l := loading{opts: opts, settled: map[string]*settled{}}
	for _, u := range deployed(found.unrendered) {
		l.parts = append(l.parts, &part{from: filepath.Clean(u.dir), folder: &u})
	}
	for _, f := range found.files {
		p := &part{from: f.name}
		data, err := read(f, stdin, opts.MaxFileSize)
		if p.err = err; err == nil {
			p.documents = split(f, data)
		}
		l.parts = append(l.parts, p)
	}
	l.load()
	errs := found.errs
	var documents []document
	var outcomes []outcome
	for _, p := range l.kept() {
		result.Notes = append(result.Notes, p.notes...)
		if p.err != nil {
			errs = append(errs, p.err)
		}
		documents, outcomes = append(documents, p.documents...), append(outcomes, p.outcomes...)
	}
	l.say()

	hinted := map[*file]bool{}
	var placed []*inventory.Object
	charts := map[*inventory.Object]string{}
	for i, out := range outcomes {
		result.Objects = append(result.Objects, out.objects...)
		for _, o := range out.objects {
			charts[o] = chartOf(o, documents[i].text)
		}
		result.Warnings = append(result.Warnings, out.warnings...)
		placed = append(placed, out.placed...)
		result.Skipped = append(result.Skipped, out.skipped...)
		for _, err := range out.errs {
			if f := documents[i].file; !hinted[f] && bytes.Contains(documents[i].text, []byte("{{")) {
				hinted[f] = true
				err = fmt.Errorf("%w"+hint, err, opts.Command)
			}
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	result.Warnings = append(result.Warnings, scattered(result.Objects, placed, charts, opts.Namespace)...)
	if err := result.settle(opts.Namespace); err != nil {
		return nil, err
	}
	return result, nil
}

// settle gives objects of kinds that are not known their namespace, and tells versions of an object apart.
func (r *Result) settle(namespace string) error {
	scopes := definedScopes(r.Objects)
	last := make(map[inventory.ID]int, len(r.Objects))
	for i, o := range r.Objects {
		if gk := o.Ref.GroupKind(); !scopeKnown(gk) {
			if moved := placed(o, scopes[gk], namespace); moved != o.Ref.Namespace {
				var err error
				if o, err = o.InNamespace(moved); err != nil {
					return fmt.Errorf("%s:%d: %w", o.Source.File, o.Source.Line, err)
				}
				r.Objects[i] = o
			}
		}
		if o.Ref.Name == "" {
			continue // generateName makes a new object each time
		}
		if before, twice := last[o.Ref.ID()]; twice {
			was := r.Objects[before].Source
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s:%d: %s is defined at %s:%d too; each is judged by itself",
				o.Source.File, o.Source.Line, o.Ref, was.File, was.Line))
			if r.versions == nil {
				r.versions = map[inventory.ID][]*inventory.Object{}
			}
			if len(r.versions[o.Ref.ID()]) == 0 {
				r.versions[o.Ref.ID()] = []*inventory.Object{r.Objects[before]}
			}
			r.versions[o.Ref.ID()] = append(r.versions[o.Ref.ID()], o)
			r.Objects[before] = nil
		}
		last[o.Ref.ID()] = i
	}
	kept := r.Objects[:0]
	for _, o := range r.Objects {
		if o != nil {
			kept = append(kept, o)
		}
	}
	r.Objects = kept
	return nil
}

// placed is the namespace that an object belongs to.
func placed(o *inventory.Object, isClusterScoped bool, namespace string) string {
	switch {
	case isClusterScoped:
		return ""
	case o.Ref.Namespace == "":
		return namespace
	default:
		return o.Ref.Namespace
	}
}
