package htpasswd

import (
	"context"
	"fmt"
)

// request is the part of one Check that waits for others.
type request struct {
	v        *Verifier
	digests  []digest
	verdicts []Verdict
	// joined counts the entries that this request gave to the queue.
	joined int
	// waits are the jobs it waits for, each with the entry that asked.
	waits []wait
}

type wait struct {
	job   *job
	index int
}

// join has an entry checked by a worker: waits for it if there is time and it costs little enough, else says why not.
func (r *request) join(ctx context.Context, index int, e Entry) {
	v := r.v
	why := whyAbove(e, v.opts.MaxBcryptCost, v.opts.MaxShaRounds,
		"the highest that is checked while a request waits; the verdict follows in the background")
	late := ctx.Err() != nil
	if why == "" && late {
		why = v.whyLate()
	}
	r.verdicts[index] = Verdict{Unknown, why}

	v.mu.Lock()
	defer v.mu.Unlock()
	d := r.digests[index]
	j := v.queue[d]
	switch {
	case v.closed:
		r.verdicts[index].Why = whyClosed
		return
	case late && v.opts.NoBackground:
		return
	case j == nil && (len(v.queue) >= v.opts.QueueSize || r.joined >= max(1, v.opts.QueueSize/4)):
		r.verdicts[index].Why = whyFull
		return
	case j == nil:
		j = v.enqueue(d, e)
		r.joined++
	}
	if why == "" {
		j.waiting++
		r.waits = append(r.waits, wait{j, index})
	}
	v.wake()
}

// wait collects the verdicts until the context ends.
func (r *request) wait(ctx context.Context) {
	for _, w := range r.waits {
		select {
		case <-w.job.done:
		case <-ctx.Done():
		case <-r.v.stop:
		}
		// With several of them ready, select picks any: look again.
		select {
		case <-w.job.done:
			r.verdicts[w.index] = w.job.verdict
		default:
			r.verdicts[w.index] = Verdict{Unknown, r.v.whyLate()}
		}
	}
}

// leave tells the workers that nobody waits here any more.
func (r *request) leave() {
	v := r.v
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, w := range r.waits {
		w.job.waiting--
		v.abandon(w.job)
	}
	v.wake()
}

// whyLate is why a verdict is not there when a request has to answer.
func (v *Verifier) whyLate() string {
	select {
	case <-v.stop:
		return whyClosed
	default:
	}
	if v.opts.NoBackground {
		return fmt.Sprintf("checking takes longer than the %s allowed", v.opts.Budget)
	}
	return "checking takes longer than a request may wait; the verdict follows in the background"
}
