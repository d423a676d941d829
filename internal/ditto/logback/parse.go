package logback

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The bounds of a configuration. A ConfigMap or Secret holds at most 1 MiB.
const (
	maxSize  = 1 << 20
	maxDepth = 100
)

// Config is a parsed configuration. It is immutable.
type Config struct{ root element }

// element is an XML element without the text in it. Names of elements are in lower case, since logback does not tell
// them apart by case; names of attributes are as they are written.
type element struct {
	name       string
	attributes map[string]string
	children   []element
}

// Parse reads a configuration. It fails where it is not well-formed XML, or declares entities, which are not read here.
// The error names the line and quotes nothing.
func Parse(text string) (*Config, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("logback configuration of %d bytes is longer than %d", len(text), maxSize)
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	var (
		open []element
		root *element
	)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line, _ := decoder.InputPos()
			return nil, fmt.Errorf("line %d: expected well-formed XML in UTF-8", line)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) == maxDepth {
				line, _ := decoder.InputPos()
				return nil, fmt.Errorf("line %d: expected at most %d levels", line, maxDepth)
			}
			if root != nil {
				line, _ := decoder.InputPos()
				return nil, fmt.Errorf("line %d: expected one root element", line)
			}
			open = append(open, begun(t))
		case xml.EndElement:
			last := len(open) - 1
			done := open[last]
			if open = open[:last]; last == 0 {
				root = &done
			} else {
				open[last-1].children = append(open[last-1].children, done)
			}
		}
	}
	if root == nil {
		return nil, errors.New("line 1: expected an XML element")
	}
	return &Config{root: *root}, nil
}

func begun(t xml.StartElement) element {
	e := element{name: strings.ToLower(t.Name.Local), attributes: make(map[string]string, len(t.Attr))}
	for _, a := range t.Attr {
		if a.Name.Space == "" {
			e.attributes[a.Name.Local] = a.Value
		}
	}
	return e
}
