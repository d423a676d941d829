package world

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds the controller that serves an ingress class, to compare what is said of the class with how the
// controller itself is exposed: an Ingress of an internal class is public as soon as the controller's own Service is.

// DoubtedEntry says why an entry that is taken for internal may be public: a Service of its controller, or of its
// Gateway, carries no mark that would keep it inside. It is empty where there is no such doubt.
func (v *View) DoubtedEntry(o *inventory.Object) string { return edge.Doubted(v.Reading, o) }

// controllers are the workloads of a view that serve Ingresses; see way.Controllers.
type controllers View

// Services implements way.Controllers.
func (c *controllers) Services(class way.Class) []*inventory.Object {
	v := (*View)(c)
	names := []string{class.Name}
	if o := v.Get(inventory.IngressClass, "", class.Name); o != nil {
		names = append(names, inventory.Must[networkingv1.IngressClass](o).Spec.Controller)
	}
	var list []*inventory.Object
	for _, workload := range v.serving(names...) {
		list = append(list, v.ServicesSelecting(workload)...)
	}
	return Ordered(list)
}

// serving are the workloads that say they serve one of some classes.
func (v *View) serving(names ...string) []*inventory.Object {
	var list []*inventory.Object
	for _, name := range names {
		if name != "" {
			list = append(list, v.Find(inventory.Key{Index: index.ByServedClass, Value: name})...)
		}
	}
	return Ordered(list)
}
