package hocon

import "github.com/dittoguard/dittoguard/internal/ditto/reason"

// Kind says what a path holds.
type Kind uint8

const (
	// Absent means that the path is not set; whatever lies beneath the document shows through.
	Absent Kind = iota
	// Unknown means that the value cannot be told; Why says what is missing.
	Unknown
	// Scalar is a string, number or boolean, with its Text as it was written.
	Scalar
	// Null is `null`, which takes away what lies beneath.
	Null
	// List is a list, with its Items.
	List
	// Object is an object. Its fields are looked up by their own paths.
	Object
	// Blocked means that the path is not set and nothing shows through, since something on the way to it is no object.
	Blocked
)

// Answer is what a path holds.
type Answer struct {
	Kind  Kind
	Text  string
	Items []Answer
	// Why says, of Unknown, what would settle it. It never holds a value.
	Why string
	// From says where a value comes from that a substitution brought in; empty for what the document says itself.
	From string
	// Secret marks a value that came, at least in part, from where secrets are kept.
	Secret bool
}

func unknown(why string) Answer { return Answer{Kind: Unknown, Why: why} }

var (
	insideItself = reason.Of("hocon-itself")
	replaced     = reason.Of("hocon-object")
	doNotFit     = reason.Of("hocon-parts")
)

var tooComplex = unknown(reason.Of("hocon-too-complex"))

// Outside is the configuration around a document.
type Outside struct {
	// Below returns what the path holds beneath the document. Nil means that there is nothing.
	Below func(path string) Answer
	// Resolve returns what a substitution of the path stands for: the path in the whole configuration, which includes
	// this document, then an environment variable of that name. A path that ends in `[]` stands for the list of the
	// variables NAME_0, NAME_1 and so on. Nil means that it stands for nothing.
	Resolve func(path string) Answer
	// Budget is shared by the lookups that answer one question, since each may lead to others. Nil means one of its
	// own.
	Budget *Budget
}

// Budget is the work that one question has cost. The zero Budget is fresh.
type Budget struct{ steps, values int }

// The limits of a Budget, and of the length of a value in bytes, so that substitutions that multiply themselves end.
const (
	maxSteps  = 1 << 21 // entries visited
	maxValues = 1 << 12 // values resolved
	maxText   = 1 << 16
)

func (b *Budget) step() bool  { b.steps++; return b.steps <= maxSteps }
func (b *Budget) value() bool { b.values++; return b.values <= maxValues }
