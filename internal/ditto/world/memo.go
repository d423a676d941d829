package world

// Memo is what a package keeps with each view, besides what the view keeps itself.
type Memo[T any] struct{ make func() *T }

// NewMemo is a memo that begins as make makes it. A package has one, as a variable.
func NewMemo[T any](make func() *T) *Memo[T] { return &Memo[T]{make} }

// Of is what is kept with a view.
func (m *Memo[T]) Of(v *View) *T {
	if kept, known := v.memos[m].(*T); known {
		return kept
	}
	kept := m.make()
	v.memos[m] = kept
	return kept
}
