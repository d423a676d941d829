package clock

import (
	"net/http"
	"testing"
	"time"
)

// answer is what a server says of the time.
type answer string

// RoundTrip implements http.RoundTripper.
func (a answer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{Header: http.Header{"Date": {string(a)}}}, nil
}

// slow takes its time.
type slow struct {
	answer

	pass func(time.Duration)
}

// RoundTrip implements http.RoundTripper.
func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.pass(3 * time.Second)
	return s.answer.RoundTrip(r)
}

func TestServer(t *testing.T) {
	const day = 24 * time.Hour
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	date := func(at time.Time) answer { return answer(at.Format(http.TimeFormat)) }
	for _, test := range []struct {
		name string
		next func(pass func(time.Duration)) http.RoundTripper
		want time.Time // after a minute more
		note string
	}{
		{"they agree", func(func(time.Duration)) http.RoundTripper { return date(start.Add(4 * time.Second)) }, start.Add(time.Minute), ""},
		{"ahead", func(func(time.Duration)) http.RoundTripper { return date(start.Add(-day)) }, start.Add(time.Minute - day),
			"the clock of this node is 24h0m0s ahead of the API server's"},
		{"behind", func(func(time.Duration)) http.RoundTripper { return date(start.Add(day)) }, start.Add(time.Minute + day),
			"the clock of this node is 24h0m0s behind the API server's"},
		{"no time", func(func(time.Duration)) http.RoundTripper { return answer("") }, start.Add(time.Minute), ""},
		{"an answer that was long under way", func(pass func(time.Duration)) http.RoundTripper { return slow{date(start.Add(-day)), pass} },
			start.Add(time.Minute + 3*time.Second), ""},
	} {
		now := start
		pass := func(d time.Duration) { now = now.Add(d) }
		s := &Server{now: func() time.Time { return now }}
		if got := s.Now(); !got.Equal(start) {
			t.Errorf("%s: before anybody answers it is %s", test.name, got)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Wrap(test.next(pass)).RoundTrip(request); err != nil { //nolint:bodyclose // there is none
			t.Fatal(err)
		}
		pass(time.Minute)
		if got := s.Now(); !got.Equal(test.want) {
			t.Errorf("%s: it is %s, want %s", test.name, got, test.want)
		}
		if got := s.Note(); got != test.note {
			t.Errorf("%s: %q, want %q", test.name, got, test.note)
		}
	}
}
