package traefik

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strconv"
)

// Traefik's rule language is Go's for expressions: calls of matchers with string literals, &&, ||, ! and parentheses
// (pkg/rules of traefik/traefik, on vulcand/predicate, which parses rules with go/parser too and then calls functions).

// The bounds of a rule that is read: its length in bytes, and how many alternatives it amounts to.
const (
	longestRule      = 8000
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
	expr, err := parser.ParseExpr(text)
	if err != nil {
		var list scanner.ErrorList
		if errors.As(err, &list) && len(list) > 0 {
			return ruleNode{}, fmt.Errorf("column %d: %s", list[0].Pos.Column, list[0].Msg)
		}
		return ruleNode{}, err
	}
	return nodeOf(expr, false)
}

// nodeOf reads an expression; negated says that the number of ! around it is odd.
func nodeOf(expr ast.Expr, negated bool) (ruleNode, error) {
	switch e := expr.(type) {
	case *ast.ParenExpr:
		return nodeOf(e.X, negated)
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return nodeOf(e.X, !negated)
		}
	case *ast.BinaryExpr:
		if e.Op != token.LAND && e.Op != token.LOR {
			return ruleNode{}, expected(e.OpPos, "&& or ||")
		}
		left, err := nodeOf(e.X, negated)
		if err != nil {
			return ruleNode{}, err
		}
		right, err := nodeOf(e.Y, negated)
		if err != nil {
			return ruleNode{}, err
		}
		// Under a negation an `||` is an `&&` of negations and the other way round.
		return ruleNode{any: (e.Op == token.LOR) != negated, below: []ruleNode{left, right}}, nil
	case *ast.CallExpr:
		return matcherOf(e, negated)
	}
	return ruleNode{}, expected(expr.Pos(), "a matcher with its arguments")
}

// matcherOf reads `Name(literal, …)`.
func matcherOf(call *ast.CallExpr, negated bool) (ruleNode, error) {
	name, ok := call.Fun.(*ast.Ident)
	if !ok {
		return ruleNode{}, expected(call.Fun.Pos(), "a matcher")
	}
	node := ruleNode{name: name.Name, not: negated}
	for _, arg := range call.Args {
		literal, ok := arg.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return ruleNode{}, expected(arg.Pos(), "a string in backquotes or double quotes")
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			return ruleNode{}, expected(arg.Pos(), "a string in backquotes or double quotes")
		}
		node.args = append(node.args, text)
	}
	return node, nil
}

// expected is an error at a position, which is the column plus what go/parser counts before the text.
func expected(at token.Pos, what string) error {
	return fmt.Errorf("column %d: expected %s", int(at), what)
}

// alternatives are the ways to fulfil a rule: lists of matchers that all have to match. ok is false if there are too
// many.
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
