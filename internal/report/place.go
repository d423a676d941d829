package report

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// relative is a file's name from the root, with slashes: the services that show a report know the files of a
// repository, and nothing of the machine that it was checked on. A file on another drive keeps its own name alone.
func (in Input) relative(file string) string {
	if filepath.IsAbs(file) {
		from, err := filepath.Rel(in.Root, file)
		if in.Root == "" || err != nil {
			from = filepath.Base(file)
		}
		file = from
	}
	if file == "" {
		return ""
	}
	return filepath.ToSlash(filepath.Clean(file))
}

// uri is the same as a relative reference (RFC 3986, section 4.2).
func (in Input) uri(file string) string { return (&url.URL{Path: in.relative(file)}).String() }

// spot is where something is in files.
type spot struct {
	file string
	line int
}

// spots are where objects were read, by their names for people.
func (in Input) spots() map[string]spot {
	list := make(map[string]spot, len(in.Objects))
	for _, o := range in.Objects {
		if o.Source.File != "" {
			list[o.Ref.String()] = spot{o.Source.File, o.Source.Line}
		}
	}
	return list
}

// taker is the name of the object that takes a step of a way in: `Service ditto/gateway` of `Service ditto/gateway,
// port 8080`.
func taker(hop string) string {
	words := strings.SplitN(hop, " ", 3)
	if len(words) < 2 {
		return hop
	}
	return words[0] + " " + strings.TrimRight(words[1], ",:")
}

// opener is the object that opens the way in, or the subject of a finding that is about none.
func opener(f check.Finding) inventory.Ref {
	if f.Entry != nil {
		return *f.Entry
	}
	return f.Subject
}

// cleanLines is clean for a text of several lines.
func cleanLines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i, line := range lines {
		lines[i] = clean(strings.TrimRight(line, " \t\r"))
	}
	return strings.Join(lines, "\n")
}
