// Package clock tells what time it is for API servers. They decide whether a certificate is valid, and write when an
// object was created; a clock of one's own that is wrong would say something else.
package clock

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// apart is how far two clocks may be apart without anybody minding.
	apart = 5 * time.Second
	// soon is how long an answer may take that tells the time.
	soon = 2 * time.Second
)

// Server is the clock of the API server, as its answers tell it. Until there is one it is the process's own.
type Server struct {
	now func() time.Time

	mu sync.Mutex
	// at is when the API server's clock was read last, by the process's own clock, and read what it said. What has gone
	// by since is measured, so that a clock that is set in between changes nothing.
	at, read time.Time
}

// NewServer makes a clock that nobody has read yet.
func NewServer() *Server { return &Server{now: time.Now} }

// Now is what time it is for the API server.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.at.IsZero() {
		return now
	}
	return s.read.Add(now.Sub(s.at))
}

// Ahead is how far the process's clock is ahead of the API server's, or behind if it is negative. It is zero if the two
// agree.
func (s *Server) Ahead() time.Duration {
	// Without what is measured, which does not change when a clock is set.
	ahead := s.now().Round(0).Sub(s.Now().Round(0))
	if ahead.Abs() < apart {
		return 0
	}
	return ahead
}

// Note says that the two do not agree; it is empty if they do.
func (s *Server) Note() string {
	switch ahead := s.Ahead().Round(time.Second); {
	case ahead > 0:
		return fmt.Sprintf("the clock of this node is %s ahead of the API server's", ahead)
	case ahead < 0:
		return fmt.Sprintf("the clock of this node is %s behind the API server's", -ahead)
	}
	return ""
}

// Wrap reads the clock from every answer that comes soon.
func (s *Server) Wrap(next http.RoundTripper) http.RoundTripper { return reader{s, next} }

type reader struct {
	server *Server
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (r reader) RoundTrip(request *http.Request) (*http.Response, error) {
	asked := r.server.now()
	response, err := r.next.RoundTrip(request)
	if err == nil {
		r.server.answered(asked, response.Header.Get("Date"))
	}
	return response, err
}

// answered notes what an answer says of the time, which is in whole seconds.
func (s *Server) answered(asked time.Time, date string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.now()
	read, err := http.ParseTime(date)
	if err != nil || at.Sub(asked) > soon {
		return
	}
	if at.Round(0).Sub(read).Abs() < apart {
		read = at.Round(0)
	}
	s.at, s.read = at, read
}
