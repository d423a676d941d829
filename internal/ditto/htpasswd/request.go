package htpasswd

import (
	"context"
	"fmt"
	"slices"
)

// request is the part of one Check that waits for others.
type request struct {
	v        *Verifier
	digests  []digest
	verdicts []Verdict
	// joined counts the entries that this request gave to the queue.
	joined int
	// waits are what it waits for.
	waits []*wait
}

// wait is an entry of a request whose job has to come as far as the request has work for.
type wait struct {
	job   *job
	index int
	// tries is how many passwords have to be tried; reached is closed when they are, or when there is a verdict.
	tries   int
	reached chan struct{}
}

// joinAll has entries checked by workers, which see all of them before they choose one.
func (r *request) joinAll(entries []Entry, indices, tries []int) {
	r.v.mu.Lock()
	defer r.v.mu.Unlock()
	for i, index := range indices {
		r.join(index, entries[index], tries[i])
	}
	r.v.wake()
}

// join has an entry checked by a worker, and waits until so many passwords are tried. With none, it only says why not.
// It needs the lock.
func (r *request) join(index int, e Entry, tries int) {
	v := r.v
	why := whyAbove(e, v.opts.MaxBcryptCost, v.opts.MaxShaRounds,
		"the highest that is checked while a request waits; the verdict follows in the background")
	if why == "" {
		why = v.whyLeft(e, tries)
	}
	r.verdicts[index] = Verdict{Unknown, why}
	d := r.digests[index]
	j := v.queue[d]
	switch {
	case v.closed:
		r.verdicts[index].Why = whyClosed
		return
	case tries == 0 && v.opts.NoBackground:
		return
	case j == nil && (len(v.queue) >= v.opts.QueueSize || r.joined >= max(1, v.opts.QueueSize/4)):
		r.verdicts[index].Why = whyFull
		return
	case j == nil:
		j = v.enqueue(d, e)
		r.joined++
	}
	if j.next < tries {
		w := &wait{job: j, index: index, tries: tries, reached: make(chan struct{})}
		j.waits = append(j.waits, w)
		r.waits = append(r.waits, w)
	}
}

// wait collects the verdicts.
func (r *request) wait(ctx context.Context) {
	for _, w := range r.waits {
		select {
		case <-w.reached:
		case <-ctx.Done():
		case <-r.v.stop:
		}
		// With several of them ready, select picks any: look again.
		select {
		case <-w.job.done:
			r.verdicts[w.index] = w.job.verdict
			continue
		default:
		}
		select {
		case <-w.reached:
		case <-r.v.stop:
			r.verdicts[w.index] = Verdict{Unknown, whyClosed}
		default:
			r.verdicts[w.index] = Verdict{Unknown, whyCut}
		}
	}
}

// leave tells the workers that nobody waits here any more.
func (r *request) leave() {
	v := r.v
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, w := range r.waits {
		w.job.waits = slices.DeleteFunc(w.job.waits, func(other *wait) bool { return other == w })
		v.abandon(w.job)
	}
	v.wake()
}

// whyLeft is why an entry has no verdict of which so many passwords were tried.
func (v *Verifier) whyLeft(e Entry, tries int) string {
	list, _ := v.words.candidates(e.User)
	why := fmt.Sprintf("%d of %d published passwords were tried; more of %s is too much work for one file", tries,
		len(list), e.costs())
	if v.opts.NoBackground {
		return why
	}
	return why + " while a request waits; the verdict follows in the background"
}

// costs names what makes an entry dear: `bcrypt at cost 12`.
func (e Entry) costs() string {
	switch e.Scheme {
	case Bcrypt:
		return fmt.Sprintf("bcrypt at cost %d", e.Cost)
	case SHA256Crypt, SHA512Crypt:
		return fmt.Sprintf("%s with %d rounds", e.Scheme, e.Cost)
	default:
	}
	return string(e.Scheme)
}
