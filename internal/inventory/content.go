package inventory

import (
	"sync"
	"weak"
)

// content is an object as decoded JSON, which is made when somebody asks for it.
//
// It takes several times the room of the object. So what belongs to a cluster's objects, of which there are many and
// few are asked about, is forgotten when the next collection of garbage finds nobody using it.
type content struct {
	mu   sync.Mutex
	kept map[string]any
	last weak.Pointer[map[string]any]
}

// get returns the content, and makes it if it is not there (any more). Keep says to keep it as long as the object.
func (c *content) get(keep bool, make func() map[string]any) map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept != nil {
		return c.kept
	}
	if last := c.last.Value(); last != nil {
		return *last
	}
	made := make()
	if keep {
		c.kept = made
	} else {
		c.last = weak.Make(&made)
	}
	return made
}
