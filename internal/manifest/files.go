package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// file is one file to be read.
type file struct {
	// name is the file's path as messages show it.
	name string
	// named says that the user named this very file, rather than a directory above it.
	named bool
	// rendered says that its text is not in the file, but was made of it.
	rendered bool
	// folder is what it was rendered from.
	folder Folder
	// namespace is for objects that name none, where it is another one than for all.
	namespace string
	// by is the object that has it rendered, nil if it is rendered by itself.
	by *inventory.Ref
}

// extensions are those of the files in a directory that are manifests, as in kubectl.
var extensions = []string{".yaml", ".yml", ".json"}

// IsManifest says whether a file in a directory is taken for a manifest, by its name.
func IsManifest(path string) bool {
	return slices.Contains(extensions, strings.ToLower(filepath.Ext(path)))
}

// listing is what was found under the paths of a Load.
type listing struct {
	files   []*file
	skipped []Skipped
	other   []string
	// unrendered are the directories that have to be rendered first, inside the manifests below them.
	unrendered []unrendered
	inside     []string
	errs       []error
	seen       map[string]bool
}

// list finds the files under the paths, each once, in the order of the paths and sorted inside a directory.
func list(paths []string) *listing {
	l := &listing{seen: map[string]bool{}}
	for _, path := range paths {
		if path == "-" {
			l.add(&file{name: Stdin, named: true})
			continue
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			l.errs = append(l.errs, readError(path, err))
		case info.IsDir():
			l.walk(path)
		default:
			if u, is := unrenderedBy(path); is {
				l.unrendered = append(l.unrendered, u)
				continue
			}
			l.add(&file{name: filepath.Clean(path), named: true})
		}
	}
	return l
}

func (l *listing) add(f *file) {
	if !l.seen[f.name] {
		l.seen[f.name] = true
		l.files = append(l.files, f)
	}
}

// walk lists a directory. Hidden directories below it (.git, .github) hold no manifests.
func (l *listing) walk(root string) {
	if resolved, err := filepath.EvalSymlinks(root); err == nil && resolved != root {
		// WalkDir does not enter a root that is a symbolic link; with a separator at its end it is the directory.
		if info, err := os.Lstat(root); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			root += string(filepath.Separator)
		}
	}
	// The walk function never stops the walk: every error is kept.
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			l.errs = append(l.errs, readError(path, err))
			return nil
		}
		isManifest := IsManifest(path)
		kind := entry.Type()
		switch {
		case entry.IsDir():
			if path != root && strings.HasPrefix(entry.Name(), ".") {
				l.other = append(l.other, path+string(filepath.Separator))
				return fs.SkipDir
			}
			return l.enter(path)
		case l.holds(path):
			if isManifest {
				l.inside = append(l.inside, path)
			}
			return nil
		case kind&fs.ModeSymlink != 0:
			info, err := os.Stat(path)
			if err != nil {
				if isManifest {
					l.errs = append(l.errs, readError(path, err))
				} else {
					l.other = append(l.other, path)
				}
				return nil
			}
			if info.IsDir() {
				// Following it could go in circles, and out of the directory that was named.
				l.skipped = append(l.skipped,
					Skipped{File: path, Reason: "symbolic link to a directory; name it to have it read"})
				return nil
			}
			kind = info.Mode().Type()
		}
		switch {
		case !isManifest:
			l.other = append(l.other, path)
		case kind.IsRegular():
			l.add(&file{name: filepath.Clean(path)})
		default:
			l.skipped = append(l.skipped, Skipped{File: path, Reason: "not a regular file; name it to have it read"})
		}
		return nil
	})
}

// enter notes what a directory has to be rendered by. Below a chart there are its own parts only, other charts among
// them; below a Kustomize directory there may be others that are deployed by themselves.
func (l *listing) enter(dir string) error {
	for _, name := range append(slices.Clone(Kustomizations), ChartFile) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		u, is := unrenderedBy(path)
		if !is || slices.ContainsFunc(l.unrendered, func(other unrendered) bool { return other.dir == u.dir }) {
			continue
		}
		if u.chart != nil && slices.ContainsFunc(l.unrendered, func(above unrendered) bool {
			return above.inflates() && above.holds(path)
		}) {
			return fs.SkipDir // the kustomization above it renders it, too
		}
		l.unrendered = append(l.unrendered, u)
		if u.chart != nil {
			return fs.SkipDir
		}
	}
	return nil
}

// holds says whether a path is below a directory that has to be rendered.
func (l *listing) holds(path string) bool {
	return slices.ContainsFunc(l.unrendered, func(u unrendered) bool { return u.holds(path) })
}

// read reads one file, or stdin, of at most limit bytes, and refuses what is not UTF-8 text.
func read(f *file, stdin io.Reader, limit int64) ([]byte, error) {
	in, size := stdin, int64(0)
	if f.name != Stdin {
		opened, err := os.Open(f.name)
		if err != nil {
			return nil, readError(f.name, err)
		}
		defer opened.Close()
		if info, err := opened.Stat(); err == nil && info.Mode().IsRegular() {
			if size = info.Size(); size > limit {
				return nil, tooLarge(f.name, limit)
			}
		}
		in = opened
	}
	if in == nil {
		return nil, errors.New("reading stdin: there is none")
	}
	// A buffer of the right size spares the copies of a growing one; a pipe has no size.
	buffer := bytes.NewBuffer(make([]byte, 0, size+2*bytes.MinRead))
	if n, err := buffer.ReadFrom(io.LimitReader(in, limit+1)); err != nil {
		return nil, readError(f.name, err)
	} else if n > limit {
		return nil, tooLarge(f.name, limit)
	}
	data := buffer.Bytes()
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("%s: UTF-16 text; save it as UTF-8", f.name)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return nil, fmt.Errorf("%s:%d: not a text file: it contains a NUL byte", f.name, lineAt(data, at))
	}
	if at := invalidUTF8(data); at >= 0 {
		return nil, fmt.Errorf("%s:%d: not a text file: it is not valid UTF-8", f.name, lineAt(data, at))
	}
	return data, nil
}

// invalidUTF8 is the offset of the first byte that is no UTF-8, -1 if there is none.
func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// lineAt is the 1-based line of an offset.
func lineAt(data []byte, offset int) int { return 1 + bytes.Count(data[:offset], []byte("\n")) }

// readError names the path once, where the errors of package os name it again.
func readError(path string, err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return fmt.Errorf("reading %s: %w", path, err)
}

func tooLarge(name string, limit int64) error {
	size := fmt.Sprintf("%d bytes", limit)
	if limit%(1<<20) == 0 {
		size = fmt.Sprintf("%d MiB", limit>>20)
	}
	return fmt.Errorf("%s: larger than the limit of %s for one file", name, size)
}
