package htpasswd

import (
	"slices"
	"time"
)

// The lanes: jobs that a request waits for, and the rest. Each has a worker of its own.
const (
	front = iota
	back
)

// job is an entry on its way to a verdict. All fields but the first two and done are guarded by Verifier.mu; verdict
// can be read once done is closed.
type job struct {
	digest digest
	entry  Entry
	// list is what to try, next the first that was not tried yet; the first likely ones come before other jobs' rest.
	list   []candidate
	next   int
	likely int
	// number orders jobs that are otherwise equal.
	number uint64
	// waits are those of requests that it has not come far enough for.
	waits []*wait
	// running says that a worker is comparing.
	running bool

	done    chan struct{}
	verdict Verdict
}

func (v *Verifier) enqueue(d digest, e Entry) *job {
	v.queued++
	j := &job{digest: d, entry: e, number: v.queued, done: make(chan struct{})}
	j.list, j.likely = v.words.candidates(e.User)
	v.queue[d] = j
	return j
}

func (j *job) lane() int {
	if len(j.waits) > 0 {
		return front
	}
	return back
}

// before says which of two jobs of a lane goes first: likely passwords, then cheap hashes, then old jobs.
func (j *job) before(other *job) bool {
	if a, b := j.next < j.likely, other.next < other.likely; a != b {
		return a
	}
	if a, b := j.entry.effort(), other.entry.effort(); a != b {
		return a < b
	}
	return j.number < other.number
}

// pick is the job of a lane that goes next, nil if there is none. It looks at all of them, which is nothing beside a
// comparison.
func (v *Verifier) pick(lane int) *job {
	var best *job
	if v.closed {
		return nil
	}
	for _, j := range v.queue {
		if !j.running && j.lane() == lane && (best == nil || j.before(best)) {
			best = j
		}
	}
	return best
}

// wake starts a worker in each lane that has work and none.
func (v *Verifier) wake() {
	for lane := range v.busy {
		if !v.busy[lane] && v.pick(lane) != nil {
			v.busy[lane] = true
			v.wg.Go(func() { v.work(lane) })
		}
	}
}

// work compares, one candidate at a time, until its lane is empty.
func (v *Verifier) work(lane int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for {
		j := v.pick(lane)
		if j == nil {
			v.busy[lane] = false
			return
		}
		c := j.list[j.next]
		j.running = true
		v.mu.Unlock()

		start := time.Now()
		hit := v.match(j.entry, c.password)
		spent := time.Since(start)

		v.mu.Lock()
		j.running = false
		j.next++
		switch {
		case hit:
			v.finish(j, Verdict{Published, c.why})
		case j.next == len(j.list):
			v.finish(j, Verdict{State: Own})
		default:
			j.reach()
			v.abandon(j)
		}
		v.wake() // the job may have changed lanes meanwhile
		if lane == back {
			v.mu.Unlock()
			v.rest(spent)
			v.mu.Lock()
		}
	}
}

// rest waits for as long as the last comparison took.
func (v *Verifier) rest(spent time.Duration) {
	timer := time.NewTimer(spent)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-v.stop:
	}
}

func (v *Verifier) finish(j *job, verdict Verdict) {
	delete(v.queue, j.digest)
	v.known.put(j.digest, verdict)
	j.verdict = verdict
	close(j.done)
	j.reach()
}

// reach tells the requests for which a job has come far enough.
func (j *job) reach() {
	j.waits = slices.DeleteFunc(j.waits, func(w *wait) bool {
		select {
		case <-j.done:
		default:
			if j.next < w.tries {
				return false
			}
		}
		close(w.reached)
		return true
	})
}

// abandon drops a job that nobody waits for, where there is no background.
func (v *Verifier) abandon(j *job) {
	if v.opts.NoBackground && len(j.waits) == 0 && !j.running && v.queue[j.digest] == j {
		delete(v.queue, j.digest)
	}
}
