package cluster

import "time"

// Behind is for how long some kind could not be read, so that what is kept of it may be old; zero while everything is
// watched. A kind that is sick counts, too: nothing that is not there is trusted then, but what is there is.
func (c *Cluster) Behind() time.Duration {
	var longest time.Duration
	for _, i := range c.informers {
		i.mu.Lock()
		if !i.failing.IsZero() {
			longest = max(longest, time.Since(i.failing))
		}
		i.mu.Unlock()
	}
	return longest
}
