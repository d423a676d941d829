package check

import (
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// violation is one failed validation of one rule for one case, before ways in are put together into findings.
type violation struct {
	rule *rule
	// since is the version that what it violates is there from.
	since   rules.Version
	subject *inventory.Object
	entry   *inventory.Ref
	message string
	path    []string
	route   string
	// about is what it is about: a way in, a user of a password file, a policy; parts are what it consists of, at least
	// one.
	about string
	parts []part
	// way is the way in that it is about, nil if it is about none.
	way *facts.Exposure
	// container is the one that it is about, of several of its subject that are judged each by itself.
	container string
	// known is what the rule saw as `ditto`, nil of a rule that sees none.
	known *remembered
	// facts are what decided it.
	facts string
	// line is that of the field of its subject that it is about, 0 for the whole subject.
	line int
	// outgoing says that it is about pods that a rollout is about to replace.
	outgoing bool
	// note says what else there is to say of it; of a change, why it counts as new.
	note string
	// unknown says that it could not be decided whether something is wrong, and that this denies.
	unknown bool
	// unread says that its subject is not read, which nothing that the rule advises changes.
	unread bool
	// broken says that the rule could not be evaluated; such a violation is always new.
	broken bool
}

// isAt says whether it is found at an object: of it, or of a way in that begins there.
func (v *violation) isAt(id inventory.ID) bool {
	return v.subject.Ref.ID() == id || v.entry != nil && v.entry.ID() == id
}

// judgement is everything that was found.
type judgement struct {
	violations []violation
	unknowns   []Unknown
	excepted   []AppliedException
	// facts are what decided, for telling whether a change decides anything.
	facts []string
	// waits says that a password is being checked in the background, which may bring up more.
	waits bool
	// beyondFacts says that a rule looked at more than facts: at the object, the request or the namespace.
	beyondFacts bool
	// passing says that it may be another one a moment later, though nothing has changed: a password is not checked
	// yet, a rule could not be evaluated, or the time was over.
	passing bool
}
