package requests

import "encoding/binary"

// AppendText appends a text to b that two boxes have in common if and only if they are described alike.
func (b *Box) AppendText(text []byte) []byte {
	text = binary.AppendVarint(text, int64(b.Sources.Reach))
	// No list is all addresses, and an empty one is none.
	text = appendLength(appendBool(text, b.Sources.Ranges == nil), b.Sources.Ranges)
	for _, r := range b.Sources.Ranges {
		text = appendText(text, r.String())
	}
	text = appendLength(text, b.Doors)
	for _, d := range b.Doors {
		text = binary.AppendVarint(binary.AppendVarint(appendText(text, d.Kind), int64(d.Port)), int64(d.Of))
	}
	text = appendLength(text, b.Hosts)
	for _, h := range b.Hosts {
		text = appendTexts(appendBool(appendText(text, h.Name), h.Opaque), h.Except)
	}
	text = appendPaths(text, b.Paths)
	return appendTexts(appendBool(text, b.Raw), b.Conditions)
}

func appendLength[T any](text []byte, list []T) []byte {
	return binary.AppendUvarint(text, uint64(len(list)))
}

func appendPaths(text []byte, paths []Paths) []byte {
	text = appendLength(text, paths)
	for _, p := range paths {
		text = appendText(appendText(binary.AppendVarint(text, int64(p.Kind)), p.Text), p.Floor)
		text = appendPaths(text, p.Except)
	}
	return text
}

func appendTexts(text []byte, list []string) []byte {
	text = appendLength(text, list)
	for _, item := range list {
		text = appendText(text, item)
	}
	return text
}

func appendText(text []byte, of string) []byte {
	return append(binary.AppendUvarint(text, uint64(len(of))), of...)
}

func appendBool(text []byte, is bool) []byte {
	if is {
		return append(text, 1)
	}
	return append(text, 0)
}
