package manifest

import (
	"bytes"
)

// document is one YAML document, or several JSON values, of a file.
type document struct {
	file *file
	// line is the 1-based line of the file on which text begins.
	line int
	text []byte
}

// split cuts a YAML stream into its documents. A line that begins with `---` or `...` followed by white space or the
// line's end is a marker wherever it stands, even in a block scalar (YAML 1.2.2, section 9.1.2, c-forbidden). Documents
// that hold nothing but comments are left out.
func split(f *file, data []byte) []document {
	var documents []document
	var start, startLine, line = 0, 1, 0
	// opened: the document began with its marker. content: it has a line that is more than a comment or a directive.
	opened, content := false, false
	finish := func(end, nextLine int) {
		if content {
			documents = append(documents, document{file: f, line: startLine, text: data[start:end:end]})
		}
		start, startLine, opened, content = end, nextLine, false, false
	}
	for at := 0; at < len(data); {
		end := len(data)
		if n := bytes.IndexByte(data[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		line++
		text := data[at:end]
		switch {
		case isMarker(text, "---"):
			// What stands before the first marker and is no content is its document's directives and comments.
			if opened || content {
				finish(at, line)
			}
			opened = true
			content = !isBlank(text[len("---"):])
		case isMarker(text, "..."):
			finish(end, line+1)
		case !content && !isBlank(text) && (opened || text[0] != '%'):
			content = true
		}
		at = end
	}
	finish(len(data), line)
	return documents
}

// isMarker says whether a line is a document marker.
func isMarker(line []byte, marker string) bool {
	if len(line) < len(marker) || string(line[:len(marker)]) != marker {
		return false
	}
	return len(line) == len(marker) || isSpace(line[len(marker)])
}

// isBlank says whether a line is empty or a comment.
func isBlank(line []byte) bool {
	for _, c := range line {
		if !isSpace(c) {
			return c == '#'
		}
	}
	return true
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// firstContent is the offset of the first line that is more than a marker, a comment or a directive, and its number
// counted from 0.
func firstContent(text []byte) (offset, line int) {
	for offset < len(text) {
		end := len(text)
		if n := bytes.IndexByte(text[offset:], '\n'); n >= 0 {
			end = offset + n + 1
		}
		l := text[offset:end]
		if isMarker(l, "---") {
			l = l[len("---"):]
		}
		if !isBlank(l) && l[0] != '%' {
			return offset, line
		}
		offset = end
		line++
	}
	return 0, 0
}
