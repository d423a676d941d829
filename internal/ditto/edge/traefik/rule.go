package traefik

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Traefik's rule language is Go's for expressions: calls of matchers with string literals, &&, ||, ! and parentheses
// (pkg/rules of traefik/traefik, on vulcand/predicate).

// The bounds of a rule that is read: its length in bytes, how deep it nests, and how many alternatives it amounts to.
const (
	longestRule      = 8000
	deepestRule      = 100
	mostAlternatives = 64
)

// ruleNode is a node of a rule: a matcher, or, without a name, a combination of the nodes below.
type ruleNode struct {
	// name is the matcher, args its arguments.
	name string
	args []string
	// not negates a matcher.
	not bool
	// any says that one of below is enough; otherwise all of them have to match.
	any   bool
	below []ruleNode
}

// parseRule reads a rule. Negations stand at matchers afterwards, as Traefik itself moves them there.
func parseRule(text string) (ruleNode, error) {
	if len(text) > longestRule {
		return ruleNode{}, fmt.Errorf("the rule is longer than %d bytes", longestRule)
	}
	p := ruleParser{text: text}
	node, err := p.either(0)
	if err != nil {
		return ruleNode{}, err
	}
	if p.skip(); p.at < len(p.text) {
		return ruleNode{}, p.expected("&&, || or the end")
	}
	return node, nil
}

// ruleParser is a recursive descent over the text.
type ruleParser struct {
	text string
	at   int
	// negated says that the number of ! around the current place is odd.
	negated bool
}

func (p *ruleParser) expected(what string) error {
	return fmt.Errorf("column %d: expected %s", p.at+1, what)
}

func (p *ruleParser) skip() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// take reads a token if it is next.
func (p *ruleParser) take(token string) bool {
	p.skip()
	if !strings.HasPrefix(p.text[p.at:], token) {
		return false
	}
	p.at += len(token)
	return true
}

// either reads alternatives: `||` binds weaker than `&&`.
func (p *ruleParser) either(depth int) (ruleNode, error) { return p.joined(depth, "||", p.both) }

func (p *ruleParser) both(depth int) (ruleNode, error) { return p.joined(depth, "&&", p.single) }

// joined reads operands with an operator between them. Under a negation an `||` is an `&&` of negations and the other way
// round.
func (p *ruleParser) joined(depth int, operator string, operand func(int) (ruleNode, error)) (ruleNode, error) {
	first, err := operand(depth)
	if err != nil {
		return ruleNode{}, err
	}
	node := ruleNode{any: (operator == "||") != p.negated, below: []ruleNode{first}}
	for p.take(operator) {
		next, err := operand(depth)
		if err != nil {
			return ruleNode{}, err
		}
		node.below = append(node.below, next)
	}
	if len(node.below) == 1 {
		return first, nil
	}
	return node, nil
}

// single reads a matcher, a negation or what stands in parentheses.
func (p *ruleParser) single(depth int) (ruleNode, error) {
	if depth++; depth > deepestRule {
		return ruleNode{}, errors.New("the rule nests too deep")
	}
	switch {
	case p.take("!"):
		p.negated = !p.negated
		node, err := p.single(depth)
		p.negated = !p.negated
		return node, err
	case p.take("("):
		node, err := p.either(depth)
		if err == nil && !p.take(")") {
			err = p.expected("a closing parenthesis")
		}
		return node, err
	}
	return p.call()
}

// call reads `Name(literal, …)`.
func (p *ruleParser) call() (ruleNode, error) {
	p.skip()
	start := p.at
	for p.at < len(p.text) && (isLetter(p.text[p.at]) || p.at > start && isDigit(p.text[p.at])) {
		p.at++
	}
	node := ruleNode{name: p.text[start:p.at], not: p.negated}
	if node.name == "" {
		return ruleNode{}, p.expected("a matcher")
	}
	if !p.take("(") {
		return ruleNode{}, p.expected("an opening parenthesis")
	}
	for {
		if p.take(")") {
			return node, nil
		}
		if len(node.args) > 0 && !p.take(",") {
			return ruleNode{}, p.expected("a comma or a closing parenthesis")
		}
		// Go lets a comma stand before the closing parenthesis.
		if len(node.args) > 0 && p.take(")") {
			return node, nil
		}
		arg, err := p.literal()
		if err != nil {
			return ruleNode{}, err
		}
		node.args = append(node.args, arg)
	}
}

// literal reads a string in backquotes or in double quotes.
func (p *ruleParser) literal() (string, error) {
	p.skip()
	quoted, err := strconv.QuotedPrefix(p.text[p.at:])
	if err != nil || quoted[0] == '\'' {
		return "", p.expected("a string in backquotes or double quotes")
	}
	text, err := strconv.Unquote(quoted)
	if err != nil {
		return "", p.expected("a string in backquotes or double quotes")
	}
	p.at += len(quoted)
	return text, nil
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// alternatives are the ways to fulfil a rule: lists of matchers that all have to match. ok is false if there are too many.
func (n ruleNode) alternatives() (list [][]ruleNode, ok bool) {
	if n.name != "" {
		return [][]ruleNode{{n}}, true
	}
	if !n.any {
		list = [][]ruleNode{nil}
	}
	for _, child := range n.below {
		further, ok := child.alternatives()
		if !ok {
			return nil, false
		}
		if n.any {
			list = append(list, further...)
		} else {
			list = crossed(list, further)
		}
		if len(list) > mostAlternatives {
			return nil, false
		}
	}
	return list, true
}

// crossed joins each of the one list with each of the other.
func crossed(a, b [][]ruleNode) [][]ruleNode {
	var list [][]ruleNode
	for _, x := range a {
		for _, y := range b {
			list = append(list, append(append(make([]ruleNode, 0, len(x)+len(y)), x...), y...))
		}
	}
	return list
}
