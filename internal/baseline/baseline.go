// Package baseline keeps findings that are known in a file, so that only what is new, or lets in more, counts. What is
// more is decided by package check alone.
//
// No value of a secret is in the file: texts that are only compared with their equals are kept as digests.
package baseline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// APIVersion and Kind are what the file says it is.
const (
	APIVersion = "dittoguard.io/v1alpha1"
	Kind       = "Baseline"
)

// maxSize bounds what is read.
const maxSize = 64 << 20

// Baseline is what is known.
type Baseline struct {
	// File is its name, empty for one that was not read.
	File    string
	Entries []Entry
}

// Entry is what is known of one rule, subject and entry.
type Entry struct {
	check.Known
	// Reason says why it is left as it is, Owner who mends it. Both are people's.
	Reason, Owner string
	// Line is where it stands in the file.
	Line int
}

// Known are the findings.
func (b *Baseline) Known() []check.Known {
	list := make([]check.Known, len(b.Entries))
	for i, e := range b.Entries {
		list[i] = e.Known
	}
	return list
}

// Of makes a baseline of what is known. Reasons and owners are those of before, and so are entries for which keep says
// so.
func Of(known []check.Known, before *Baseline, keep func(check.Known) bool) *Baseline {
	b := &Baseline{}
	for _, k := range known {
		b.Entries = append(b.Entries, Entry{Known: k})
	}
	if before == nil {
		return b
	}
	for _, e := range before.Entries {
		if i := b.index(e.Known); i >= 0 {
			b.Entries[i].Reason, b.Entries[i].Owner = e.Reason, e.Owner
		} else if keep(e.Known) {
			b.Entries = append(b.Entries, e)
		}
	}
	b.sort()
	return b
}

// Load reads a file. It is strict: a field that is not known, or there twice, is an error, with its line. All problems
// are in the error, one a line.
func Load(path string) (*Baseline, error) {
	file, err := os.Open(path)
	if err == nil {
		defer file.Close()
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(file, maxSize+1)); err == nil {
			return Parse(path, data)
		}
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return nil, fmt.Errorf("reading %s: %w", path, err)
}

// Parse reads the text of a file; name is what errors call it.
func Parse(name string, data []byte) (*Baseline, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("%s: larger than the limit of %d MiB", name, maxSize>>20)
	}
	lines, err := linesOf(data)
	if err != nil {
		return nil, readable(name, err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	var d document
	if err := decoder.Decode(&d); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: nothing in it: expected apiVersion %s and kind %s", name, APIVersion, Kind)
	} else if err != nil {
		return nil, readable(name, err)
	}
	var second yaml.Node
	if err := decoder.Decode(&second); err == nil {
		return nil, fmt.Errorf("%s:%d: expected one document, found a second one", name, second.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, readable(name, err)
	}
	switch {
	case d.APIVersion != APIVersion:
		return nil, fmt.Errorf("%s: apiVersion: expected %s, found %q", name, APIVersion, d.APIVersion)
	case d.Kind != Kind:
		return nil, fmt.Errorf("%s: kind: expected %s, found %q", name, Kind, d.Kind)
	}
	b := &Baseline{File: name}
	var errs []error
	for i := range d.Findings {
		e, problem := d.Findings[i].entry()
		e.Line = lines[i]
		if problem != "" {
			errs = append(errs, fmt.Errorf("%s:%d: findings[%d].%s", name, e.Line, i, problem))
		} else if at := b.index(e.Known); at >= 0 {
			errs = append(errs, fmt.Errorf("%s:%d: findings[%d]: the same rule, subject and entry as on line %d", name,
				e.Line, i, b.Entries[at].Line))
		}
		b.Entries = append(b.Entries, e)
	}
	return b, errors.Join(errs...)
}

// linesOf are the lines that the findings stand in.
func linesOf(data []byte) ([]int, error) {
	var lines struct {
		Findings []yaml.Node `yaml:"findings"`
	}
	if err := yaml.Unmarshal(data, &lines); err != nil {
		return nil, err
	}
	list := make([]int, len(lines.Findings))
	for i, n := range lines.Findings {
		list[i] = n.Line
	}
	return list, nil
}

var (
	inFile    = regexp.MustCompile(`^line (\d+): `)
	notField  = regexp.MustCompile(`field (\S+) not found in type \S+`)
	wrongType = regexp.MustCompile("cannot unmarshal !!(\\w+)(?: `.*`)? into .*")
)

// wordsFor are the types of YAML, for people.
var wordsFor = map[string]string{"str": "a text", "seq": "a list", "map": "fields", "int": "a number",
	"float": "a number", "bool": "a boolean", "timestamp": "a date"}

// readable puts the lines of YAML errors where all other errors have them.
func readable(name string, err error) error {
	lines := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	if all, ok := errors.AsType[*yaml.TypeError](err); ok {
		lines = all.Errors
	}
	var errs []error
	for _, message := range lines {
		at := name
		if m := inFile.FindStringSubmatch(message); m != nil {
			at, message = name+":"+m[1], message[len(m[0]):]
		}
		message = notField.ReplaceAllString(message, "$1: unknown field")
		if m := wrongType.FindStringSubmatch(message); m != nil && wordsFor[m[1]] != "" {
			message = "not expected here: " + wordsFor[m[1]]
		}
		errs = append(errs, fmt.Errorf("%s: %s", at, message))
	}
	return errors.Join(errs...)
}

// index is where what a rule finds on a subject and an entry stands, -1 if nowhere.
func (b *Baseline) index(k check.Known) int {
	for i := range b.Entries {
		if b.Entries[i].Compare(k) == 0 {
			return i
		}
	}
	return -1
}

// object is a Ref as the file has it.
type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Namespace  string `yaml:"namespace,omitempty"`
	Name       string `yaml:"name,omitempty"`
}

func (o object) ref() inventory.Ref { return inventory.Ref(o) }

// MarshalYAML writes an object in a line.
func (o object) MarshalYAML() (any, error) {
	type plain object
	return inLine(plain(o))
}
