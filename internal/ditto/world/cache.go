package world

import (
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"sync"

	"k8s.io/utils/lru"

	"github.com/dittoguard/dittoguard/internal/ditto/settings"
)

// Cache keeps parsed configuration, of proxies and of Ditto, by its content, and what follows from that of a container
// (Configured). It is safe for concurrent use.
type Cache struct {
	mu    sync.Mutex
	texts map[uint64]parsed
	seed  maphash.Seed

	settings *settings.Cache
	// configured are *configured by configuredKey.
	configured *lru.Cache
}

// parsed is what was made of some texts.
type parsed struct {
	main  string
	files map[string]string
	value any
}

// cacheSize bounds the cache; a cluster has few nginx configurations that are in use at once.
const cacheSize = 512

// NewCache makes an empty cache.
func NewCache() *Cache {
	return &Cache{
		texts: map[uint64]parsed{}, seed: maphash.MakeSeed(), settings: settings.NewCache(),
		configured: lru.New(mostConfigured),
	}
}

// Parsed is what parse makes of a file and those beside it, unless that was done before.
func (c *Cache) Parsed(ctx context.Context, main string, files map[string]string, parse func() any) any {
	names := slices.Sorted(maps.Keys(files))
	var h maphash.Hash
	h.SetSeed(c.seed)
	write := func(s string) {
		maphash.WriteComparable(&h, len(s))
		_, _ = h.WriteString(s) // never fails
	}
	write(main)
	for _, name := range names {
		write(name)
		write(files[name])
	}
	key := h.Sum64()

	c.mu.Lock()
	p, known := c.texts[key]
	c.mu.Unlock()
	// The hash finds an entry, and does not vouch for it.
	if known && p.main == main && maps.Equal(p.files, files) {
		return p.value
	}
	p = parsed{main, files, parse()}
	if ctx.Err() != nil {
		return p.value
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.texts) >= cacheSize {
		clear(c.texts)
	}
	c.texts[key] = p
	return p.value
}
