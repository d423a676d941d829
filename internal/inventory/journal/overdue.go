package journal

import "github.com/dittoguard/dittoguard/internal/inventory"

// Overdue are the entries, at most a number of them, whose requests an API server has given up by now if it has not
// stored what they are about. One read of the object tells which it is; see Settle.
func (j *Journal) Overdue(most int) []*Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	var list []*Entry
	for _, e := range j.open {
		if len(list) < most && !e.answered.IsZero() && j.now().Sub(e.answered) >= Lost {
			list = append(list, e)
		}
	}
	return list
}

// Settle ends an overdue entry by the object as it was just read: its request stored nothing, or the cache shows what
// it stored.
func (e *Entry) Settle(live *inventory.Object, cached bool) {
	if !cached && !e.Unchanged(live) {
		return
	}
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	e.journal.end(e)
}
