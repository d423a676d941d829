package check

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/dittoguard/dittoguard/internal/engine"
)

// writer appends a value, and all that it leads to, to a text, so that values have the same text if and only if they
// have the same content.
type writer func([]byte, reflect.Value) []byte

// extent is how much of a field is written.
type extent int

const (
	whole extent = iota
	// emptiness is whether it is empty.
	emptiness
	nothing
)

// choice says how much of a field of a struct is written.
type choice func(of reflect.Type, field reflect.StructField) extent

// everything leaves nothing out.
func everything(reflect.Type, reflect.StructField) extent { return whole }

// unlessForPeople leaves out what only people are told.
func unlessForPeople(_ reflect.Type, field reflect.StructField) extent {
	if field.Tag.Get("tells") == "people" {
		return nothing
	}
	return whole
}

// ifRead leaves out what no expression sees.
func ifRead(reads engine.Reads) choice {
	return func(of reflect.Type, field reflect.StructField) extent {
		name := field.Tag.Get("cel")
		switch {
		case name == "":
			return nothing
		case reads.Field(of, name):
			return whole
		case reads.Emptiness(of, name):
			return emptiness
		}
		return nothing
	}
}

// writerOf prepares to write values of a type, so that writing one costs no look at its type. It panics for a type that
// facts do not have.
func writerOf(t reflect.Type, choose choice) writer {
	switch t.Kind() {
	case reflect.String:
		return func(b []byte, v reflect.Value) []byte { return appendText(b, v.String()) }
	case reflect.Bool:
		return func(b []byte, v reflect.Value) []byte { return appendBool(b, v.Bool()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) []byte { return binary.AppendVarint(b, v.Int()) }
	case reflect.Float32, reflect.Float64:
		return func(b []byte, v reflect.Value) []byte {
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Float()))
		}
	case reflect.Slice:
		element := writerOf(t.Elem(), choose)
		return func(b []byte, v reflect.Value) []byte {
			n := v.Len()
			b = binary.AppendUvarint(b, uint64(n))
			for i := range n {
				b = element(b, v.Index(i))
			}
			return b
		}
	case reflect.Interface:
		return func(b []byte, v reflect.Value) []byte { return appendJSON(b, v.Interface()) }
	case reflect.Pointer:
		element := writerOf(t.Elem(), choose)
		return func(b []byte, v reflect.Value) []byte {
			b = appendBool(b, v.IsNil())
			if v.IsNil() {
				return b
			}
			return element(b, v.Elem())
		}
	case reflect.Struct:
		return structWriter(t, choose)
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return mapWriter(writerOf(t.Elem(), choose))
		}
	default:
	}
	panic(fmt.Sprintf("facts hold %s, which cannot be compared", t))
}

func structWriter(t reflect.Type, choose choice) writer {
	var fields []writer
	var at []int
	for i := range t.NumField() {
		field := t.Field(i)
		switch choose(t, field) {
		case whole:
			fields, at = append(fields, writerOf(field.Type, choose)), append(at, i)
		case emptiness:
			empty := func(b []byte, v reflect.Value) []byte { return appendBool(b, v.Len() == 0) }
			fields, at = append(fields, empty), append(at, i)
		case nothing:
		}
	}
	return func(b []byte, v reflect.Value) []byte {
		for i, field := range fields {
			b = field(b, v.Field(at[i]))
		}
		return b
	}
}

func mapWriter(element writer) writer {
	return func(b []byte, v reflect.Value) []byte {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		b = binary.AppendUvarint(b, uint64(len(keys)))
		for _, k := range keys {
			b = element(appendText(b, k.String()), v.MapIndex(k))
		}
		return b
	}
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendBool(b []byte, is bool) []byte {
	if is {
		return append(b, 1)
	}
	return append(b, 0)
}

// appendJSON appends a value of JSON. Numbers of different types, which JSON writes alike, are not alike.
func appendJSON(b []byte, v any) []byte {
	b = appendText(b, fmt.Sprintf("%T", v))
	switch v := v.(type) {
	case map[string]any:
		b = binary.AppendUvarint(b, uint64(len(v)))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			b = appendJSON(appendText(b, key), v[key])
		}
		return b
	case []any:
		b = binary.AppendUvarint(b, uint64(len(v)))
		for _, item := range v {
			b = appendJSON(b, item)
		}
		return b
	}
	content, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("facts hold a value that is none of JSON: %v", err))
	}
	return appendText(b, string(content))
}
