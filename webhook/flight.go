package webhook

import (
	"context"
	"fmt"
	"time"
)

// maxInFlight is how many requests are judged at once. More would not be answered sooner: judging is work for a CPU.
const maxInFlight = 64

// flight bounds the requests in flight. The webhooks of a server share it.
type flight struct {
	slots    chan struct{}
	recorder Recorder
	// unheard is told that a request was turned away; see Options.Unheard.
	unheard func()
}

func newFlight(slots int, recorder Recorder, unheard func()) *flight {
	if recorder == nil {
		recorder = noRecorder{}
	}
	if unheard == nil {
		unheard = func() {}
	}
	return &flight{slots: make(chan struct{}, slots), recorder: recorder, unheard: unheard}
}

// enter waits for a slot until the context ends, and returns what gives it back. A nil flight has room for everybody.
func (f *flight) enter(ctx context.Context) (leave func(), err error) {
	if f == nil {
		return func() {}, nil
	}
	began := time.Now()
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		f.recorder.TurnedAway()
		f.unheard()
		return nil, fmt.Errorf("not judged: %d other requests are being judged, and none of them ended within %s",
			cap(f.slots), time.Since(began).Round(100*time.Millisecond))
	}
	f.recorder.InFlight(1)
	return func() {
		f.recorder.InFlight(-1)
		<-f.slots
	}, nil
}

// missed notes that a request was not read. A nil flight tells nobody.
func (f *flight) missed() {
	if f != nil {
		f.unheard()
	}
}
