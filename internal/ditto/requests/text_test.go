package requests

import (
	"net/netip"
	"reflect"
	"testing"
)

// TestBox_AppendText: whatever is said of a box is in its text, and lists that are only cut otherwise have another one.
func TestBox_AppendText(t *testing.T) {
	box := func() Box {
		return Box{
			Sources: Sources{Reach: Internal, Ranges: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
			Doors:   []Door{{Kind: "node port", Port: 30000, Of: 80}}, Hosts: []Hosts{{Name: "a.example.com", Opaque: true, Except: []string{"b"}}},
			Paths: []Paths{{Kind: Opaque, Text: "/a", Floor: "/", Except: []Paths{{Kind: Elements, Text: "/a/b"}}}}, Raw: true, Conditions: []string{"GET"},
		}
	}
	seen := map[string]string{}
	add := func(what string, b Box) {
		t.Helper()
		text := string(b.AppendText(nil))
		if other, is := seen[text]; is {
			t.Errorf("%s has the text of %s", what, other)
		}
		seen[text] = what
	}
	add("the box", box())
	if again := box(); string(again.AppendText(nil)) != string((&again).AppendText([]byte{})) || len(seen) != 1 {
		t.Error("the same box has two texts")
	}
	// Every field of every struct in it, set to nothing.
	var clear func(path string, of func(*Box) reflect.Value)
	clear = func(path string, of func(*Box) reflect.Value) {
		whole := box()
		switch v := of(&whole); v.Kind() {
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[netip.Prefix]() {
				v.Set(reflect.ValueOf(netip.MustParsePrefix("192.0.2.0/25")))
				add(path, whole)
				return
			}
			for i := range v.NumField() {
				clear(path+"."+v.Type().Field(i).Name, func(b *Box) reflect.Value { return of(b).Field(i) })
			}
		case reflect.Slice:
			if v.Len() > 0 {
				clear(path+"[]", func(b *Box) reflect.Value { return of(b).Index(0) })
			}
			if v.Len() > 0 {
				v.SetZero()
				add("no "+path, whole)
			}
		default:
			if !v.IsZero() {
				v.SetZero()
				add("no "+path, whole)
			}
		}
	}
	clear("Box", func(b *Box) reflect.Value { return reflect.ValueOf(b).Elem() })
	none, cut, moved := box(), box(), box()
	none.Sources.Ranges = []netip.Prefix{}
	add("no addresses at all", none)
	cut.Conditions = []string{"G", "ET"}
	add("two conditions", cut)
	moved.Conditions, moved.Hosts[0].Except = nil, []string{"b", "GET"}
	add("a condition as a host", moved)
	if len(seen) < 20 {
		t.Errorf("only %d texts were compared", len(seen))
	}
}
