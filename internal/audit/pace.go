package audit

import "time"

// pace makes pauses.
type pace struct{ since time.Time }

// begin begins to work.
func (p *pace) begin() { p.since = time.Now() }

// rest is called between two parts of the work.
func (p *pace) rest() {
	if worked := time.Since(p.since); worked >= longestWork {
		time.Sleep(min(worked, longestRest))
		p.begin()
	}
}
