// Package syntax reads the text of an nginx configuration: tokens, directives and their blocks, with what it includes
// in place. It knows of no directive what it does.
package syntax

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// Bounds on what is read. An nginx configuration that comes from ConfigMaps stays far below all of them.
const (
	maxFileSize   = 1 << 20
	maxDirectives = 20_000
	maxDepth      = 64
	maxIncludes   = 16
)

// Directive is one statement with where it stands. Block is nil for a simple directive.
type Directive struct {
	Name  string
	Args  []string
	Block []*Directive
	File  string
	Line  int
	// Missing marks an include whose file was not found, Glob one that is a pattern.
	Missing, Glob bool
}

// At is where a directive stands, file and line.
func (d *Directive) At() string { return fmt.Sprintf("%s:%d", d.File, d.Line) }

// Arg is the i-th argument, or "".
func (d *Directive) Arg(i int) string {
	if i >= 0 && i < len(d.Args) {
		return d.Args[i]
	}
	return ""
}

// loader turns files into one tree. Each file is tokenised once, however often it is included.
type loader struct {
	files   map[string]string
	dir     string
	parsed  map[string][]*Directive
	count   int
	unknown *Notes
	missing []Missing
}

// Missing is an include that was not found, and that may hold anything. What is included beside a proxy_pass is left to
// that route, which says it.
type Missing struct {
	// Name is an absolute path, or a pattern of such. Note is what Config.Unknown says of it.
	Name, Note string
}

// Tree is a configuration with what it includes in place.
type Tree struct {
	Directives []*Directive
	// Files are all files, with those that are made of templates.
	Files map[string]string
	// Dir is what relative names are relative to.
	Dir     string
	Missing []Missing
	Unknown *Notes
}

// Load reads main, an absolute path, and what it includes, from files. Errors name file and line.
func Load(main string, files map[string]string) (*Tree, error) {
	if !path.IsAbs(main) {
		return nil, fmt.Errorf("reading %s: not an absolute path", main)
	}
	main = path.Clean(main)
	if _, ok := files[main]; !ok {
		return nil, fmt.Errorf("reading %s: not among the files", main)
	}
	unknown := &Notes{}
	l := &loader{files: withTemplates(files, unknown), dir: path.Dir(main), parsed: map[string][]*Directive{},
		unknown: unknown}
	list, err := l.load(main, nil)
	if err != nil {
		return nil, err
	}
	return &Tree{Directives: list, Files: l.files, Dir: l.dir, Missing: l.missing, Unknown: unknown}, nil
}

// load is the tree of a file with its includes in place.
func (l *loader) load(file string, stack []string) ([]*Directive, error) {
	if slices.Contains(stack, file) {
		return nil, fmt.Errorf("reading %s: included by itself: %s", file, strings.Join(append(stack, file), " > "))
	}
	if len(stack) >= maxIncludes {
		return nil, fmt.Errorf("reading %s: included more than %d files deep", file, maxIncludes)
	}
	list, ok := l.parsed[file]
	if !ok {
		var err error
		if list, err = Parse(file, l.files[file]); err != nil {
			return nil, err
		}
		l.parsed[file] = list
	}
	return l.expand(list, append(slices.Clone(stack), file))
}

func (l *loader) expand(list []*Directive, stack []string) ([]*Directive, error) {
	out := make([]*Directive, 0, len(list))
	forwards := slices.ContainsFunc(list, func(d *Directive) bool {
		return d.Name == "proxy_pass" || d.Name == "grpc_pass"
	})
	for _, d := range list {
		if l.count++; l.count > maxDirectives {
			return nil, fmt.Errorf("reading %s: more than %d directives with all includes", stack[0], maxDirectives)
		}
		if d.Name == "include" && d.Block == nil {
			included, err := l.include(d, forwards, stack)
			if err != nil {
				return nil, err
			}
			out = append(out, included...)
			continue
		}
		if d.Block != nil {
			block, err := l.expand(d.Block, stack)
			if err != nil {
				return nil, err
			}
			copied := *d
			copied.Block = block
			d = &copied
		}
		out = append(out, d)
	}
	return out, nil
}

// include answers one include directive: relative to the directory of the main file, as nginx resolves it. forwards
// says that its block forwards requests.
func (l *loader) include(d *Directive, forwards bool, stack []string) ([]*Directive, error) {
	if len(d.Args) != 1 {
		return nil, fmt.Errorf("reading %s: include takes one file name, got %d", d.At(), len(d.Args))
	}
	name := d.Args[0]
	if !path.IsAbs(name) {
		name = path.Join(l.dir, name)
	}
	name = path.Clean(name)
	var found []string
	if strings.ContainsAny(name, "*?[") {
		for file := range l.files {
			if ok, err := path.Match(name, file); err == nil && ok && !strings.HasPrefix(path.Base(file), ".") {
				found = append(found, file)
			}
		}
		sort.Strings(found)
	} else if _, ok := l.files[name]; ok {
		found = []string{name}
	}
	if len(found) == 0 {
		if shipped(name) {
			return nil, nil
		}
		note := reason.Of("nginx-include-not-mounted", d.Args[0], d.At())
		l.unknown.Add(note)
		if !forwards {
			l.missing = append(l.missing, Missing{Name: name, Note: note})
		}
		missing := *d
		missing.Missing, missing.Glob = true, strings.ContainsAny(name, "*?[")
		return []*Directive{&missing}, nil
	}
	var out []*Directive
	for _, file := range found {
		list, err := l.load(file, stack)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// shipped tells files that come with nginx and cannot change where a request goes. proxy_params is not one of them: it
// holds proxy_set_header, which drops every inherited header.
func shipped(name string) bool {
	switch path.Base(name) {
	case "mime.types", "fastcgi.conf", "fastcgi_params", "uwsgi_params", "scgi_params", "koi-utf", "koi-win", "win-utf":
		return true
	}
	return strings.HasSuffix(name, "/modules-enabled/*.conf") || name == "/usr/share/nginx/modules/*.conf"
}

// withTemplates adds what the entry point of nginx's own image makes of templates/NAME.template: conf.d/NAME.
func withTemplates(files map[string]string, unknown *Notes) map[string]string {
	var names []string
	for name := range files {
		if strings.HasSuffix(name, ".template") && path.Base(path.Dir(name)) == "templates" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return files
	}
	sort.Strings(names)
	all := make(map[string]string, len(files)+len(names))
	maps.Copy(all, files)
	for _, name := range names {
		out := path.Join(path.Dir(path.Dir(name)), "conf.d", strings.TrimSuffix(path.Base(name), ".template"))
		if _, ok := all[out]; !ok {
			all[out] = files[name]
			unknown.Add(reason.Of("nginx-template", out, name))
		}
	}
	return all
}
