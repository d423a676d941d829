// Package tri has what is on, off or unknown: a setting, what an edge does, whether anybody is asked for credentials.
package tri

// The words of a State. Where there are other ways to be, a package has words of its own beside these.
const (
	On      = "on"
	Off     = "off"
	Unknown = "unknown"
)

// State is a word, where it comes from, and why it is so.
type State struct {
	// State is on, off or unknown.
	State string `cel:"state"`
	// Source says where it comes from, for people: `env ENABLE_PRE_AUTHENTICATION`, an annotation's name, `default`.
	Source string `cel:"source" tells:"people"`
	// Why says, of an unknown state, what could not be read.
	Why string `cel:"why" tells:"people"`
}

// Is a state, with where it comes from and why.
func Is(state, source, why string) State { return State{State: state, Source: source, Why: why} }

// And is the state of two things together that both have to be on: off is weaker than unknown, unknown than on, and
// anything than no state at all.
func And(a, b State) State {
	rank := map[string]int{Off: 3, Unknown: 2, On: 1}
	if rank[b.State] > rank[a.State] {
		return b
	}
	return a
}
