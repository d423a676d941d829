package check

import (
	"context"
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// View is the inventory as this checker's rules see Ditto in it, under the checker's configuration.
func (c *Checker) View(ctx context.Context, inv inventory.Reader) *world.View {
	return c.view(ctx, inv, nil)
}

// Passwords verifies password hashes as the rules have it done.
func (c *Checker) Passwords() *htpasswd.Verifier { return c.passwords }

// IsAboutWay says whether the finding stands for the way in with this key (facts.Exposure.Way), among others or alone.
func (f *Finding) IsAboutWay(key string) bool { return slices.Contains(f.ways, key) }
