package settings

import (
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/jvm"
	"github.com/dittoguard/dittoguard/internal/ditto/logback"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Cache keeps JVM options, HOCON documents and configurations of logback as they were parsed, by their text: the same
// gateway is judged again and again. It is safe for concurrent use; a nil Cache keeps nothing.
type Cache struct {
	mu        sync.Mutex
	options   map[string]jvm.Options
	documents map[string]*hocon.Document
	logging   map[string]*logback.Config
	size      int
}

// NewCache makes an empty cache.
func NewCache() *Cache {
	return &Cache{
		options: map[string]jvm.Options{}, documents: map[string]*hocon.Document{},
		logging: map[string]*logback.Config{},
	}
}

// The bounds of a cache, in bytes of text. What does not parse is not kept.
const (
	maxCachedText = 64 << 10
	maxCached     = 4 << 20
)

// Read is the function Read with what the cache remembers.
func (c *Cache) Read(r inventory.Reader, namespace string, pod *corev1.PodTemplateSpec, container *corev1.Container,
	service string) *Settings {
	return &Settings{reader: r, namespace: namespace, pod: pod, container: container, service: service, cache: c}
}

// toolOptions is jvm.Parse.
func (c *Cache) toolOptions(text string) (jvm.Options, error) {
	return remembered(c, func(c *Cache) map[string]jvm.Options { return c.options }, text, jvm.Parse)
}

// document is hocon.Parse.
func (c *Cache) document(text string) (*hocon.Document, error) {
	return remembered(c, func(c *Cache) map[string]*hocon.Document { return c.documents }, text, hocon.Parse)
}

// logback is logback.Parse.
func (c *Cache) logback(text string) (*logback.Config, error) {
	return remembered(c, func(c *Cache) map[string]*logback.Config { return c.logging }, text, logback.Parse)
}

func remembered[T any](c *Cache, in func(*Cache) map[string]T, text string, parse func(string) (T, error)) (T, error) {
	if c == nil || len(text) > maxCachedText {
		return parse(text)
	}
	c.mu.Lock()
	known, found := in(c)[text]
	c.mu.Unlock()
	if found {
		return known, nil
	}
	parsed, err := parse(text)
	if err != nil {
		return parsed, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size += len(text); c.size > maxCached {
		clear(c.options)
		clear(c.documents)
		clear(c.logging)
		c.size = len(text)
	}
	in(c)[text] = parsed
	return parsed, nil
}
