package requests

// Budget bounds the work of comparing, counted in comparisons of patterns. What it does not allow is Unclear.
type Budget struct{ left int }

// NewBudget allows for so many comparisons.
func NewBudget(comparisons int) *Budget { return &Budget{left: comparisons} }

func (b *Budget) spend(n int) bool {
	if b.left < n {
		b.left = 0
		return false
	}
	b.left -= n
	return true
}
