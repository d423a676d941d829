package certs

import (
	"slices"
	"sync"

	cmtls "github.com/cert-manager/cert-manager/pkg/server/tls"
)

// renewing is an authority of which leaves can be asked for anew. Its library makes one only when the authority is
// another one or the leaf grows old, and one that was made by a wrong clock is young.
type renewing struct {
	cmtls.Authority

	mu       sync.Mutex
	watchers []chan<- struct{}
}

// WatchRotation implements Authority.
func (r *renewing) WatchRotation(ch chan<- struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers = append(r.watchers, ch)
	r.Authority.WatchRotation(ch)
}

// StopWatchingRotation implements Authority.
func (r *renewing) StopWatchingRotation(ch chan<- struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers = slices.DeleteFunc(r.watchers, func(w chan<- struct{}) bool { return w == ch })
	r.Authority.StopWatchingRotation(ch)
}

// renew has another leaf made, unless one is asked for already.
func (r *renewing) renew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}
