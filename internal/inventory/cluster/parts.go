package cluster

import (
	"hash/maphash"
	"maps"
	"reflect"
	"sync"
	"unsafe"
	"weak"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// parts has objects share what they have in common, so that it is kept once. The Pods of a ReplicaSet have the same
// containers, and so have the ReplicaSet, those before it, and the Deployment; a selector is the labels of something
// else; a certificate authority is in a ConfigMap of each namespace.
//
// It goes through an object and replaces each list, map and struct behind a pointer by an equal one that an object
// still has, and each short text by an equal one of late. Nobody may change an object afterwards, which is so of what
// is in an inventory anyway. It remembers what there is without keeping it: what no object has any more is collected.
type parts struct {
	seed maphash.Seed

	mu    sync.Mutex
	types map[reflect.Type]*shape
	texts texts
}

// shape is what there is to know of a type.
type shape struct {
	// fields are those of a struct that can be set, and elem is what lists, maps and pointers consist of.
	fields []field
	elem   *shape
	// known are the parts of the type, by a hash of what is in them.
	known map[uint64]part
	// sweep is how many may be known before those that are gone are taken out.
	sweep int
}

type field struct {
	at    int
	shape *shape
}

// part is a list, map or struct that was seen.
type part struct {
	at     weak.Pointer[byte]
	length int
}

const (
	// smallPart is up to how many bytes a list or struct is not worth remembering.
	smallPart = 64
	// fewParts are how many parts of a type may be known before those that are gone are looked for.
	fewParts = 1024
)

func newParts() *parts {
	return &parts{seed: maphash.MakeSeed(), types: map[reflect.Type]*shape{}}
}

// share has an object that nobody else has seen yet share what it can.
func (p *parts) share(o *inventory.Object) {
	object := o.Typed
	if object == nil {
		object = o.Meta
	}
	v := reflect.ValueOf(object).Elem()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.visit(v, p.shapeOf(v.Type()))
}

// shapeOf finds out what there is to know of a type, once.
func (p *parts) shapeOf(t reflect.Type) *shape {
	if s := p.types[t]; s != nil {
		return s
	}
	s := &shape{known: map[uint64]part{}, sweep: fewParts}
	p.types[t] = s    // before its parts, since a type can be part of itself
	switch t.Kind() { //nolint:exhaustive // others consist of nothing
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() {
				s.fields = append(s.fields, field{i, p.shapeOf(t.Field(i).Type)})
			}
		}
	case reflect.Slice, reflect.Pointer, reflect.Map:
		s.elem = p.shapeOf(t.Elem())
	}
	return s
}

// visit replaces the parts of a value that can be set, and returns a hash of what is in it. Equal values have the same
// hash; whether those with the same hash are equal is for others to find out.
func (p *parts) visit(v reflect.Value, s *shape) uint64 {
	switch v.Kind() { //nolint:exhaustive // what is missing cannot be looked into
	case reflect.String:
		if !v.CanSet() {
			return maphash.String(p.seed, v.String())
		}
		text := p.texts.one(v.String())
		v.SetString(text)
		return maphash.String(p.seed, text)
	case reflect.Bool:
		if v.Bool() {
			return 1
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return uint64(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return v.Uint()
	case reflect.Struct:
		if q, ok := reflect.TypeAssert[resource.Quantity](v); ok {
			return uint64(q.MilliValue())
		}
		hash := uint64(0)
		for _, f := range s.fields {
			hash = mixed(hash, p.visit(v.Field(f.at), f.shape))
		}
		return hash
	case reflect.Pointer:
		if v.IsNil() {
			return 0
		}
		hash := mixed(1, p.visit(v.Elem(), s.elem))
		if v.CanSet() && v.Type().Elem().Kind() == reflect.Struct && v.Type().Elem().Size() >= smallPart {
			p.replace(v, s, hash, 1)
		}
		return hash
	case reflect.Slice:
		return p.list(v, s)
	case reflect.Map:
		return p.dictionary(v, s)
	}
	return 0
}

// list is visit for lists.
func (p *parts) list(v reflect.Value, s *shape) uint64 {
	length := v.Len()
	if length == 0 {
		return 0
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return maphash.Bytes(p.seed, v.Bytes())
	}
	hash := uint64(length)
	for i := range length {
		hash = mixed(hash, p.visit(v.Index(i), s.elem))
	}
	if v.CanSet() && length*int(v.Type().Elem().Size()) >= smallPart && !p.replace(v, s, hash, length) &&
		v.Cap() > length {
		// A decoder makes room for more than comes.
		exact := reflect.MakeSlice(v.Type(), length, length)
		reflect.Copy(exact, v)
		v.Set(exact)
		p.remember(v, s, hash, length)
	}
	return hash
}

// dictionary is visit for maps.
func (p *parts) dictionary(v reflect.Value, s *shape) uint64 {
	length := v.Len()
	if length == 0 {
		return 0
	}
	hash := uint64(length)
	if m, ok := reflect.TypeAssert[map[string]string](v); ok {
		for k, text := range m {
			hash += mixed(maphash.String(p.seed, k), maphash.String(p.seed, text))
		}
	} else {
		for entry := v.MapRange(); entry.Next(); {
			hash += mixed(p.visit(entry.Key(), p.shapeOf(entry.Key().Type())), p.visit(entry.Value(), s.elem))
		}
	}
	if v.CanSet() && !p.replace(v, s, hash, length) {
		if m, ok := reflect.TypeAssert[map[string]string](v); ok {
			p.texts.of(m)
		}
	}
	return hash
}

// replace sets a list, map or pointer to an equal one. If there is none, it is remembered, and false returned.
func (p *parts) replace(v reflect.Value, s *shape, hash uint64, length int) bool {
	known := s.known[hash]
	other := known.value(v.Type())
	if !other.IsValid() {
		p.remember(v, s, hash, length)
		return false
	}
	if other.UnsafePointer() == v.UnsafePointer() {
		return true
	}
	if known.length != length || !reflect.DeepEqual(v.Interface(), other.Interface()) {
		return false // two with the same hash, of which one is remembered
	}
	v.Set(other)
	return true
}

func (p *parts) remember(v reflect.Value, s *shape, hash uint64, length int) {
	if len(s.known) >= s.sweep {
		maps.DeleteFunc(s.known, func(_ uint64, known part) bool { return known.at.Value() == nil })
		s.sweep = max(fewParts, 2*len(s.known))
	}
	s.known[hash] = part{weak.Make((*byte)(v.UnsafePointer())), length}
}

// value is a part of the type as it was seen, invalid if it is gone. That it is of this type is certain, since each
// type remembers its own.
func (k part) value(t reflect.Type) reflect.Value {
	at := unsafe.Pointer(k.at.Value()) //nolint:gosec // a weak pointer has to have a type that is known here
	switch {
	case at == nil:
		return reflect.Value{}
	case t.Kind() == reflect.Slice:
		return reflect.SliceAt(t.Elem(), at, k.length).Convert(t)
	case t.Kind() == reflect.Map:
		return reflect.NewAt(t, unsafe.Pointer(&at)).Elem() //nolint:gosec // a map is a pointer
	}
	return reflect.NewAt(t.Elem(), at).Convert(t)
}

func mixed(a, b uint64) uint64 {
	const prime = 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio, which spreads numbers
	a = (a ^ b) * prime
	return a ^ a>>32
}
