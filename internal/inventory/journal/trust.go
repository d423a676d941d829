package journal

import "time"

// Doubt says that something may be stored that the journal has no entry of, since another process may have let it in
// that was not heard.
func (j *Journal) Doubt() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.doubt()
}

// Miss says that this process has let something in, or may have, that the journal has no entry of. Other processes hear
// of it.
func (j *Journal) Miss() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.miss()
}

func (j *Journal) miss() {
	j.heard("")
	j.log.misses()
	j.doubt()
}

func (j *Journal) doubt() {
	j.trusted = false
	j.doubted = j.now()
	j.doubts++
}

// Doubted says since when there was no new doubt, and which one was the last. trusted says that it was dispelled.
func (j *Journal) Doubted() (since time.Time, last int, trusted bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.doubted, j.doubts, j.trusted
}

// Trust dispels the last doubt, unless there is a new one: whatever others let in is stored, and the cache shows it.
func (j *Journal) Trust(last int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.doubts == last {
		j.trusted = true
	}
}
