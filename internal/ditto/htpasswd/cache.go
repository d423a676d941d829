package htpasswd

import (
	"container/list"
	"crypto/hmac"
	"crypto/sha256"
)

// digest stands for a user name and a hash. It is keyed with random bytes of this process, so that a memory dump of the
// cache says nothing about them. The published words do not go into it, since they are the same as long as the process
// is.
type digest [sha256.Size]byte

func (v *Verifier) digests(entries []Entry) []digest {
	mac := hmac.New(sha256.New, v.key)
	all := make([]digest, len(entries))
	for i, e := range entries {
		if e.hash == nil {
			continue
		}
		mac.Reset()
		// Neither part can hold a colon: it ends them in the file.
		mac.Write([]byte(e.User))
		mac.Write([]byte{':'})
		mac.Write([]byte(*e.hash))
		mac.Sum(all[i][:0])
	}
	return all
}

// cache remembers the verdicts that were asked for last.
type cache struct {
	size  int
	order *list.List // of remembered, last used first
	items map[digest]*list.Element
}

type remembered struct {
	digest  digest
	verdict Verdict
}

func newCache(size int) *cache {
	return &cache{size: size, order: list.New(), items: map[digest]*list.Element{}}
}

func (c *cache) get(d digest) (Verdict, bool) {
	item, ok := c.items[d]
	if !ok {
		return Verdict{}, false
	}
	c.order.MoveToFront(item)
	kept, ok := item.Value.(remembered)
	return kept.verdict, ok
}

func (c *cache) put(d digest, verdict Verdict) {
	if item, ok := c.items[d]; ok {
		item.Value = remembered{d, verdict}
		c.order.MoveToFront(item)
		return
	}
	c.items[d] = c.order.PushFront(remembered{d, verdict})
	if c.order.Len() > c.size {
		if oldest, ok := c.order.Remove(c.order.Back()).(remembered); ok {
			delete(c.items, oldest.digest)
		}
	}
}
