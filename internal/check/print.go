package check

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"math"
	"reflect"
	"slices"
)

// writer adds a value, and all that it leads to, to a hash, so that values of the same content have the same hash.
type writer func(*maphash.Hash, reflect.Value)

// writerOf prepares to write values of a type, so that writing one costs no look at its type. Fields with the tag
// `tells` of the value without are left out. It panics for a type that facts do not have.
func writerOf(t reflect.Type, without string) writer {
	switch t.Kind() {
	case reflect.String:
		return func(h *maphash.Hash, v reflect.Value) {
			s := v.String()
			writeNumber(h, uint64(len(s)))
			_, _ = h.WriteString(s) // never fails
		}
	case reflect.Bool:
		return func(h *maphash.Hash, v reflect.Value) { writeBool(h, v.Bool()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(h *maphash.Hash, v reflect.Value) { writeNumber(h, uint64(v.Int())) }
	case reflect.Float32, reflect.Float64:
		return func(h *maphash.Hash, v reflect.Value) { writeNumber(h, math.Float64bits(v.Float())) }
	case reflect.Slice:
		element := writerOf(t.Elem(), without)
		return func(h *maphash.Hash, v reflect.Value) {
			n := v.Len()
			writeNumber(h, uint64(n))
			for i := range n {
				element(h, v.Index(i))
			}
		}
	case reflect.Interface: // a value of JSON
		return func(h *maphash.Hash, v reflect.Value) {
			content, err := json.Marshal(v.Interface())
			if err != nil {
				panic(fmt.Sprintf("facts hold a value that is none of JSON: %v", err))
			}
			writeNumber(h, uint64(len(content)))
			_, _ = h.Write(content) // never fails
		}
	case reflect.Pointer:
		element := writerOf(t.Elem(), without)
		return func(h *maphash.Hash, v reflect.Value) {
			writeBool(h, v.IsNil())
			if !v.IsNil() {
				element(h, v.Elem())
			}
		}
	case reflect.Struct:
		var fields []writer
		var at []int
		for i := range t.NumField() {
			if field := t.Field(i); without == "" || field.Tag.Get("tells") != without {
				fields, at = append(fields, writerOf(field.Type, without)), append(at, i)
			}
		}
		return func(h *maphash.Hash, v reflect.Value) {
			for i, field := range fields {
				field(h, v.Field(at[i]))
			}
		}
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return mapWriter(writerOf(t.Key(), without), writerOf(t.Elem(), without))
		}
	default:
	}
	panic(fmt.Sprintf("facts hold %s, which cannot be compared", t))
}

func mapWriter(key, element writer) writer {
	return func(h *maphash.Hash, v reflect.Value) {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
		writeNumber(h, uint64(len(keys)))
		for _, k := range keys {
			key(h, k)
			element(h, v.MapIndex(k))
		}
	}
}

func writeNumber(h *maphash.Hash, n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	_, _ = h.Write(b[:]) // never fails
}

func writeBool(h *maphash.Hash, b bool) {
	n := byte(0)
	if b {
		n = 1
	}
	_ = h.WriteByte(n) // never fails
}
