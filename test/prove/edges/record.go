package edges

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Record is what an edge did, as it is kept in testdata.
type Record struct {
	// Software and Version say which edge it was, Date when.
	Software string `json:"software"`
	Version  string `json:"version"`
	Date     string `json:"date"`
	// Probes is how many requests were sent.
	Probes int `json:"probes"`
	// Scenarios are the answers by the name of a scenario: for each answer, the probes that got it. Of all that did not reach the
	// gateway with a path that it serves, there is no more than their number in Probes.
	Scenarios map[string]map[string][]string `json:"scenarios"`
}

func recordFile(edge string) string { return filepath.Join("testdata", edge+".json") }

// loadRecord reads what is kept of an edge.
func loadRecord(edge string) (*Record, error) {
	text, err := os.ReadFile(recordFile(edge))
	if err != nil {
		return nil, err
	}
	r := &Record{}
	return r, json.Unmarshal(text, r)
}

// save writes the record, a line for each answer, so that changes can be read.
func (r *Record) save(edge string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "{\"software\": %s, \"version\": %s, \"date\": %s, \"probes\": %d, \"scenarios\": {", quoted(r.Software), quoted(r.Version), quoted(r.Date), r.Probes)
	for i, name := range slices.Sorted(maps.Keys(r.Scenarios)) {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "\n%s: {", quoted(name))
		answers := r.Scenarios[name]
		for j, answer := range slices.Sorted(maps.Keys(answers)) {
			if j > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, "\n %s: %s", quoted(answer), quoted(answers[answer]))
		}
		b.WriteString("}")
	}
	b.WriteString("\n}}\n")
	return os.WriteFile(recordFile(edge), []byte(b.String()), 0o644)
}

func quoted(v any) string {
	text, _ := json.Marshal(v) //nolint:errchkjson // texts
	return string(text)
}

// keep files the answers of a scenario. A name of its own stands as $host, so that its number does not matter.
func (r *Record) keep(s *Scenario, probes []Probe, answers map[string]Answer) {
	by := map[string][]string{}
	r.Probes += len(probes)
	for _, p := range probes {
		answer := answers[p.String()]
		if !slices.ContainsFunc(answer.Arrivals, func(at Arrival) bool {
			_, served := newSeen(p, at)
			return served && at.At == services[0]
		}) {
			continue
		}
		text := answer.text(p)
		by[text] = append(by[text], s.shorten(p.String()))
	}
	r.Scenarios[s.Name] = by
}

// long stands for the letters of long targets.
var long = map[string]string{strings.Repeat("x", 5000): "$x5000", strings.Repeat("a", 4000): "$a4000"}

func (s *Scenario) shorten(text string) string {
	for letters, name := range long {
		text = strings.ReplaceAll(text, letters, name)
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, s.Host(), "$host"), strings.ToUpper(s.Host()), "$HOST")
}

func (s *Scenario) lengthen(text string) string {
	for letters, name := range long {
		text = strings.ReplaceAll(text, name, letters)
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "$host", s.Host()), "$HOST", strings.ToUpper(s.Host()))
}

// of are the probes of a scenario that are on record, and their answers.
func (r *Record) of(s *Scenario) (probes []Probe, answers map[string]Answer, err error) {
	answers = map[string]Answer{}
	for text, lines := range r.Scenarios[s.Name] {
		for _, line := range lines {
			p, err := ParseProbe(s.lengthen(line))
			if err != nil {
				return nil, nil, err
			}
			if answers[p.String()], err = parseAnswer(s.lengthen(text), p); err != nil {
				return nil, nil, err
			}
			probes = append(probes, p)
		}
	}
	return probes, answers, nil
}
