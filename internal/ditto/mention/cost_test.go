package mention_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/mention"
)

// BenchmarkHosts: what a text costs grows with the text.
func BenchmarkHosts(b *testing.B) {
	for _, lines := range []int{8000, 16000} {
		var text strings.Builder
		for i := range lines {
			fmt.Fprintf(&text, "  server s%d gateway-%d.ditto.svc:8080 check # and a comment of some words\n", i, i)
		}
		b.Run(fmt.Sprintf("%dKB", text.Len()>>10), func(b *testing.B) {
			for b.Loop() {
				n := 0
				for range mention.Hosts(text.String()) {
					n++
				}
				if n < lines {
					b.Fatal(n)
				}
			}
		})
	}
}
