package settings

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// The bounds of an expansion. The kubelet has none; a variable that expands to more does not let the container start
// (Linux allows 128 KiB for one string of the environment).
const (
	maxExpansions = 1 << 12
	maxExpanded   = 1 << 17
)

// expand replaces `$(NAME)` in a value as the kubelet does: by the variables that are declared before the entry at the
// given index; `$$` becomes `$`, and a reference to what is not set stays as it is.
func (s *Settings) expand(text string, before int, budget *int) variable {
	if strings.IndexByte(text, '$') < 0 {
		return variable{state: present, text: text}
	}
	out := variable{state: present}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		literal, name, last := reference(text, i)
		i = last
		b.WriteString(literal)
		if name == "" {
			continue
		}
		if *budget--; *budget < 0 || b.Len() > maxExpanded {
			return variable{state: unclear, why: reason.Of("too-many-references")}
		}
		v := s.variable(name, before, budget)
		switch {
		case v.state == present:
			b.WriteString(v.text)
			out.secret = out.secret || v.secret
		case v.state == unclear:
			return variable{state: unclear, why: v.why}
		case serviceVariable(name) && (s.pod.Spec.EnableServiceLinks == nil || *s.pod.Spec.EnableServiceLinks ||
			strings.HasPrefix(name, "KUBERNETES_")):
			b.WriteString(runtime)
		default:
			b.WriteString("$(" + name + ")")
		}
	}
	if b.Len() > maxExpanded {
		return variable{state: unclear, why: reason.Of("too-many-references")}
	}
	out.text = b.String()
	return out
}

// reference reads what stands at i: text that means itself, or the name in `$(name)`. last is the index of its last
// byte.
func reference(text string, i int) (literal, name string, last int) {
	if text[i] != '$' || i+1 == len(text) {
		return text[i : i+1], "", i
	}
	switch text[i+1] {
	case '$':
		return "$", "", i + 1
	case '(':
		end := strings.IndexByte(text[i:], ')')
		if end < 0 {
			return "$(", "", i + 1
		}
		if end == 2 {
			return "$()", "", i + end
		}
		return "", text[i+2 : i+end], i + end
	}
	return text[i : i+2], "", i + 1
}

// serviceVariable says whether the kubelet may set a variable of this name for a Service of the namespace.
func serviceVariable(name string) bool {
	return strings.HasSuffix(name, "_SERVICE_HOST") || strings.HasSuffix(name, "_PORT") ||
		strings.Contains(name, "_SERVICE_PORT") || strings.Contains(name, "_PORT_")
}
