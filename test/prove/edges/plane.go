package edges

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// bringUp starts a real API server with the definitions that are beside an edge's binary, and stores all that belongs to its
// scenarios. It returns the path of a kubeconfig.
func (e *Edge) bringUp(t *testing.T, bin string, list []*Scenario) string {
	t.Helper()
	cluster.NeedAssets(t)
	c, err := cluster.Start(cluster.Options{
		Dir: t.TempDir(), CRDs: []string{filepath.Join(bin, "definitions")},
		Flags: []string{"advertise-address=198.19.255.254"}, // there is no route by which to find one
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := store(t.Context(), c, e.Classes); err != nil {
		t.Fatal(err)
	}
	next := make(chan *Scenario)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for s := range next {
				if err := store(t.Context(), c, s.Objects()+"\n---\n"+e.Beside(s)); err != nil {
					t.Errorf("%s: %v", s.Name, err)
				}
			}
		})
	}
	for _, s := range list {
		next <- s
	}
	close(next)
	all.Wait()
	return c.Kubeconfig
}

// store creates the objects of a text, in their order. What is there already was another scenario's, and is the same.
func store(ctx context.Context, c *cluster.Cluster, text string) error {
	var errs []error
	for document := range strings.SplitSeq(text, "\n---\n") {
		o := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
			return fmt.Errorf("%w in:\n%s", err, document)
		}
		if len(o.Object) == 0 {
			continue
		}
		if err := c.Client.Create(ctx, o); err != nil && !apierrors.IsAlreadyExists(err) {
			errs = append(errs, fmt.Errorf("%s %s: %w", o.GetKind(), o.GetName(), err))
		}
	}
	return errors.Join(errs...)
}
