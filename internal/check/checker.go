package check

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Options say what a Checker judges by.
type Options struct {
	// Rules are the rules; required. Parts of rules that are among them are left out.
	Rules []rules.HardeningRule
	// Proved says that the rules are known to compile, as the built-in ones are and those that went through Compile;
	// each is then compiled when it is first used.
	Proved bool
	// Config is the configuration; nil means config.Default().
	Config *config.Config
	// Passwords verifies password hashes; required. The caller closes it.
	Passwords *htpasswd.Verifier
	// Protected are the namespaces where the webhook fails closed and Secrets are read. A gateway elsewhere is
	// reported. nil means that there is no such difference, as offline.
	Protected []string
	// Now is the clock that exceptions expire by; nil means time.Now.
	Now func() time.Time
}

// Checker judges objects. It is safe for concurrent use.
type Checker struct {
	config    *config.Config
	protected []string
	passwords *htpasswd.Verifier
	now       func() time.Time
	edges     way.Config
	cache     *world.Cache
	outcomes  *outcomes
	recalled  *recalled
	// rules are in name order, by what they are evaluated for.
	rules map[rules.Each][]*rule
	// factsDecide says that no rule sees more of an object than what the facts say of it.
	factsDecide func() bool
}

// rule is a compiled rule with its document.
type rule struct {
	rules.HardeningRule
	compiled *engine.Rule
	// params are what its expressions see as `params`.
	params map[string]any
}

// New compiles the rules. All errors are reported at once, with file and line.
func New(opts Options) (*Checker, error) {
	c := &Checker{
		config: opts.Config, protected: opts.Protected, passwords: opts.Passwords, now: opts.Now,
		cache: world.NewCache(), rules: map[rules.Each][]*rule{}, recalled: newRecalled(),
	}
	if c.config == nil {
		c.config = config.Default()
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.edges = edges(c.config.Edges)
	compiler, err := compiler()
	if err != nil {
		return nil, err
	}
	var problems []error
	// A part is evaluated only where its whole is not, as when its own fixtures are tested.
	for _, document := range rules.WithoutParts(opts.Rules) {
		// That the built-in rules compile is proved by a test; what a run has no use for it need not compile.
		compiled := compiler.CompileLazily(document, checkedOf(document.Metadata.Name))
		if !opts.Proved {
			if compiled, err = compiler.Compile(document); err != nil {
				problems = append(problems, err)
				continue
			}
		}
		each := document.Spec.Match.Each
		c.rules[each] = append(c.rules[each], &rule{
			HardeningRule: document, compiled: compiled,
			params: document.Values(c.config.Rules[document.Metadata.Name].Params),
		})
	}
	for _, list := range c.rules {
		slices.SortFunc(list, func(a, b *rule) int { return strings.Compare(a.Metadata.Name, b.Metadata.Name) })
	}
	c.factsDecide = sync.OnceValue(func() bool {
		return len(c.rules[rules.EachObject]) == 0 && !slices.ContainsFunc(slices.Collect(maps.Values(c.rules)),
			func(list []*rule) bool {
				return slices.ContainsFunc(list, func(r *rule) bool { return !r.compiled.FactsDecide() })
			})
	})
	c.outcomes = newOutcomes(c.rules)
	return c, errors.Join(problems...)
}

// edges is the configuration of edges as their package takes it.
func edges(from config.Edges) way.Config {
	to := way.Config{
		InternalIngressClasses: from.InternalIngressClasses, Clouds: from.Clouds,
		IngressClasses: from.IngressClasses, DefaultController: from.DefaultController,
		Controllers: make(map[string]way.ControllerConfig, len(from.Controllers)),
	}
	for _, gateway := range from.InternalGateways {
		to.InternalGateways = append(to.InternalGateways,
			way.GatewayName{Namespace: gateway.Namespace, Name: gateway.Name})
	}
	for name, controller := range from.Controllers {
		to.Controllers[name] = way.ControllerConfig{Version: controller.Version}
	}
	return to
}

// clients are the clients of Ditto that the configuration names.
func clients(from config.Edges) []world.Client {
	var list []world.Client
	for _, c := range from.Clients {
		list = append(list, world.Client(c))
	}
	return list
}

// view is what is judged of an inventory; apart is shared by the views before and after a change.
func (c *Checker) view(ctx context.Context, inv inventory.Reader, apart world.Apart) *world.View {
	return topology.NewView(ctx, inv, world.Options{
		Edges: c.edges, TrustModel: string(c.config.TrustModel), Clients: clients(c.config.Edges), Cache: c.cache,
		Apart: apart,
	})
}

// lapsed is the exception that let the violation pass until it expired, nil if there is none.
func (c *Checker) lapsed(v *violation) *config.Exception {
	return c.config.LapsedException(v.rule.Metadata.Name, v.subject.Ref, refOf(v.entry), c.now())
}
