package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Fix is one way to mend what a rule finds. Of several that apply, any one does: the first is what most people want.
type Fix struct {
	// Text says in a sentence what to change.
	Text string `json:"text"`
	// MessageExpression says it with the names of the objects at hand; Text where there is none.
	MessageExpression string `json:"messageExpression,omitempty"`
	// When is true where the fix applies; without it, wherever the rule finds something. It sees what validations see,
	// and `ditto.channel`.
	When string `json:"when,omitempty"`
	// Model is the trust model that it is a step towards, `oidc` or `proxy`: where the configuration asks for the other
	// one, it is no fix. Empty for what has nothing to do with that choice.
	Model string `json:"model,omitempty"`
	// Purpose names what the edge of the way in has a fix for, in its own words: Text is what it is for then.
	Purpose Purpose `json:"purpose,omitempty"`
	// Change is what would do it; without one, people have to.
	Change Change `json:"change,omitzero"`
}

// Purpose is what a fix of an edge is for.
type Purpose string

// The purposes.
const (
	StripIdentity Purpose = "stripIdentity"
	HideHeaders   Purpose = "hideHeaders"
	LimitRequests Purpose = "limitRequests"
	ServeTLS      Purpose = "serveTLS"
	ResolvePaths  Purpose = "resolvePaths"
)

// Change is a change of one object. One of its fields is set.
type Change struct {
	// Env are variables of the container that the finding is about.
	Env []EnvChange `json:"env,omitempty"`
	// PathsWithout takes these paths of the gateway out of an entry that sends requests by path: what is for them is
	// removed, and what is for more is narrowed to the paths of the API.
	PathsWithout []string `json:"pathsWithout,omitempty"`
	// Inside takes a Service off the outside, or removes an entry that looks at no paths.
	Inside bool `json:"inside,omitempty"`
	// DropUser takes the user out of the password file.
	DropUser bool `json:"dropUser,omitempty"`
	// Mutations are those of the rule: what the webhook changes is what `dittoguard fix` does.
	Mutations bool `json:"mutations,omitempty"`
	// Patch is an expression as in a mutation, a list of JSONPatch{}, for the subject.
	Patch string `json:"patch,omitempty"`
}

// IsZero says whether there is no change.
func (c Change) IsZero() bool { return c.kinds() == 0 }

func (c Change) kinds() int {
	return count(len(c.Env) > 0, len(c.PathsWithout) > 0, c.Inside, c.DropUser, c.Mutations, c.Patch != "")
}

// EnvChange is a change of one variable of a container.
type EnvChange struct {
	Name string `json:"name"`
	// Value is what it is set to; Secret is where it comes from, not optionally. Remove removes it. One of them is set.
	Value  string     `json:"value,omitempty"`
	Secret *SecretKey `json:"secret,omitempty"`
	Remove bool       `json:"remove,omitempty"`
	// Mandatory takes `optional` off the reference that is there.
	Mandatory bool `json:"mandatory,omitempty"`
}

// SecretKey is a key of a Secret in the namespace of the workload.
type SecretKey struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

func (v *validator) fixes() {
	s := &v.rule.Spec
	for i, f := range s.Fixes {
		at := fmt.Sprintf("spec.fixes[%d]", i)
		if v.text(at+".text", f.Text) && strings.Contains(strings.TrimSpace(f.Text), "\n") {
			v.bad(at+".text", "must be one line")
		}
		if f.Model != "" {
			oneOf(v, at+".model", f.Model, "oidc", "proxy")
		}
		if f.Purpose != "" {
			oneOf(v, at+".purpose", f.Purpose, StripIdentity, HideHeaders, LimitRequests, ServeTLS, ResolvePaths)
		}
		v.change(at+".change", f.Change)
	}
	if len(s.Fixes) > 0 && s.PartOf != "" {
		v.bad("spec.fixes", "a part has the fixes of the whole")
	}
}

func (v *validator) change(at string, c Change) {
	each := v.rule.Spec.Match.Each
	if c.kinds() > 1 {
		v.bad(at, "has to be one of env, pathsWithout, inside, dropUser, mutations and patch")
	}
	if len(c.Env) > 0 && !slices.Contains([]Each{EachGateway, EachComponent, EachExposure}, each) {
		v.bad(at+".env", "belongs to rules for each gateway, component or exposure")
	}
	for i, e := range c.Env {
		field := fmt.Sprintf("%s.env[%d]", at, i)
		v.text(field+".name", e.Name)
		if count(e.Value != "", e.Secret != nil, e.Remove, e.Mandatory) != 1 {
			v.bad(field, "needs one of value, secret, remove and mandatory")
		}
		if e.Secret != nil {
			v.text(field+".secret.name", e.Secret.Name)
			v.text(field+".secret.key", e.Secret.Key)
		}
	}
	if (len(c.PathsWithout) > 0 || c.Inside) && each != EachExposure {
		v.bad(at, "pathsWithout and inside belong to rules for each exposure")
	}
	if c.DropUser && each != EachCredential {
		v.bad(at+".dropUser", "belongs to rules for each credential")
	}
	if c.Mutations && len(v.rule.Spec.Mutations) == 0 {
		v.bad(at+".mutations", "the rule has none")
	}
}
