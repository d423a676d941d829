package gke

import "testing"

func FuzzConfigNames(f *testing.F) {
	f.Add(`{"default": "a", "ports": {"http": "b"}}`)
	f.Add(`{"ports": [1]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if names, ok := configNames(map[string]string{"cloud.google.com/backend-config": text}); !ok && len(names) > 0 {
			t.Errorf("%q names %v, and cannot be read", text, names)
		}
	})
}
