package edges

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/test/prove/evidence"
)

// Record is what an edge did, as it is kept in testdata.
type Record struct {
	About evidence.About
	// Probes is how many requests were sent, Generated to how many scenarios that nobody has written, of which no more is kept.
	Probes    int
	Generated int
	// Scenarios are what an edge did in a scenario, by its name.
	Scenarios map[string]Told
}

// Told is what an edge did in a scenario.
type Told struct {
	// Limited says that it turned requests away where there were many at once.
	Limited bool `json:",omitempty"`
	// Answers are, for each answer, the probes that got it. Of all that did not reach the gateway with a path that it serves, there is
	// no more than their number in the record, and of a probe that logs in nothing where it came to the same as without.
	Answers map[string][]string
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
	fmt.Fprintf(&b, "{\"About\": %s, \"Probes\": %d, \"Generated\": %d, \"Scenarios\": {", quoted(r.About), r.Probes, r.Generated)
	for i, name := range slices.Sorted(maps.Keys(r.Scenarios)) {
		if i > 0 {
			b.WriteString(",")
		}
		told := r.Scenarios[name]
		fmt.Fprintf(&b, "\n%s: {", quoted(name))
		if told.Limited {
			b.WriteString("\"Limited\": true, ")
		}
		b.WriteString("\"Answers\": {")
		for j, answer := range slices.Sorted(maps.Keys(told.Answers)) {
			if j > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, "\n %s: %s", quoted(answer), quoted(told.Answers[answer]))
		}
		b.WriteString("}}")
	}
	b.WriteString("\n}}\n")
	return os.WriteFile(recordFile(edge), []byte(b.String()), 0o644)
}

func quoted(v any) string {
	text, _ := json.Marshal(v) //nolint:errchkjson // texts
	return string(text)
}

// keep files the answers of a scenario. A name of its own stands as $host, so that its number does not matter.
func (r *Record) keep(s *Scenario, probes []Probe, answers map[string]Answer, limited bool) {
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
		if same := slices.DeleteFunc(slices.Clone(p.Headers), func(h string) bool { return h == login }); len(same) < len(p.Headers) {
			without := p
			without.Headers = same
			if also, asked := answers[without.String()]; asked && also.text(without) == text {
				continue
			}
		}
		by[text] = append(by[text], s.shorten(p.String()))
	}
	r.Scenarios[s.Name] = Told{limited, by}
}

// short is what stands in a record for what is in many probes.
var short = map[string]string{
	strings.Repeat("x", 5000): "$x5000", strings.Repeat("a", 4000): "$a4000", identity: "$me", login: "$login",
	token: "$token",
}

func (s *Scenario) shorten(text string) string {
	for letters, name := range short {
		text = strings.ReplaceAll(text, letters, name)
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, s.Host(), "$host"), strings.ToUpper(s.Host()), "$HOST")
}

func (s *Scenario) lengthen(text string) string {
	for letters, name := range short {
		text = strings.ReplaceAll(text, name, letters)
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "$host", s.Host()), "$HOST", strings.ToUpper(s.Host()))
}

// of are the probes of a scenario that are on record, and their answers.
func (told Told) of(s *Scenario) (probes []Probe, answers map[string]Answer, err error) {
	answers = map[string]Answer{}
	for text, lines := range told.Answers {
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
