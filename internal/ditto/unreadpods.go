package ditto

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// formerGroups are the kinds that were of another group once, by that one. Kubernetes serves none of them any more, but
// manifests outlive it.
// Source: the Deprecated API Migration Guide of Kubernetes; the first release of the Gateway API; OpenShift 3.
var formerGroups = map[schema.GroupKind]schema.GroupKind{
	{Group: "extensions", Kind: "Ingress"}:               inventory.Ingress,
	{Group: "extensions", Kind: "NetworkPolicy"}:         inventory.NetworkPolicy,
	{Group: "extensions", Kind: "Deployment"}:            inventory.Deployment,
	{Group: "extensions", Kind: "DaemonSet"}:             inventory.DaemonSet,
	{Group: "extensions", Kind: "ReplicaSet"}:            inventory.ReplicaSet,
	{Group: "networking.x-k8s.io", Kind: "Gateway"}:      crd.Gateway,
	{Group: "networking.x-k8s.io", Kind: "GatewayClass"}: crd.GatewayClass,
	{Group: "networking.x-k8s.io", Kind: "HTTPRoute"}:    crd.HTTPRoute,
	{Group: "networking.x-k8s.io", Kind: "TLSRoute"}:     crd.TLSRoute,
	{Group: "networking.x-k8s.io", Kind: "TCPRoute"}:     crd.TCPRoute,
	{Kind: "Route"}: crd.Route,
}

// currentKind is the kind as it is called now.
func currentKind(gk schema.GroupKind) schema.GroupKind {
	if current, moved := formerGroups[gk]; moved {
		return current
	}
	return gk
}

// unreadVersion says of an object of a kind that is read that its version is not; empty where it is, or the kind is not.
func unreadVersion(o *inventory.Object) string {
	gk := o.Ref.GroupKind()
	current := currentKind(gk)
	versions := versionsRead(current)
	if o.Typed != nil || len(versions) == 0 {
		return ""
	}
	if current != gk {
		return o.Ref.APIVersion + " of this kind is not read (only " + current.Group + "/" + strings.Join(versions, ", ") + ")"
	}
	version := schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind).Version
	return "version " + version + " of this kind is not read (only " + strings.Join(versions, ", ") + ")"
}

// UnreadParts says of an object that is not read which part of Ditto runs in the pods that it describes, or which proxy near
// one; empty if there is none. Near a Ditto it says as well of a pod's template that is none.
func (v *View) UnreadParts(o *inventory.Object) string {
	pods, broken := unreadPods(o)
	if len(pods) == 0 {
		return ""
	}
	why, fix := unreadVersion(o), "check it by hand"
	if why == "" {
		why = kindNotRead
	} else {
		current := currentKind(o.Ref.GroupKind())
		fix = "write it as " + current.WithVersion(versionsRead(current)[0]).GroupVersion().String()
	}
	for _, pod := range pods {
		for _, part := range Parts(v, pod) {
			runs := ""
			switch {
			case IsDitto(part.Component):
				runs = "Ditto's " + part.Component
				if part.Component == Service {
					runs = "a service of Ditto"
				}
			case part.Component == Proxy && v.besideDitto(part):
				runs = part.Software
			default:
				continue
			}
			return fmt.Sprintf("%s, and %s runs in it (container %s); %s", why, runs, part.Container.Name, fix)
		}
	}
	if broken != nil && (v.runsDitto(o.Ref.Namespace) || bytes.Contains(bytes.ToLower(o.Raw()), []byte("ditto"))) {
		return fmt.Sprintf("%s, and what runs in it cannot be determined, since a template in it is not valid (%v); %s", why, broken, fix)
	}
	return ""
}

// unreadPods are the pods that an object which is not read describes, each as if it were there by itself: of an old version of
// a workload, and of whatever else has a pod's template in it. broken is what is wrong with the first template that is none; of
// such a one the pod has what could be read.
func unreadPods(o *inventory.Object) (list []*inventory.Object, broken error) {
	if o.Typed != nil || !bytes.Contains(o.Raw(), []byte(`"containers"`)) {
		return nil, nil
	}
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				visit(item)
			}
		case map[string]any:
			spec, _ := value["spec"].(map[string]any)
			if _, is := spec["containers"].([]any); is {
				pod, err := podOf(o, value)
				list, broken = append(list, pod), cmp.Or(broken, err)
				return
			}
			for _, key := range slices.Sorted(maps.Keys(value)) {
				visit(value[key])
			}
		}
	}
	visit(o.Content())
	return list, broken
}

// podOf is the pod that a template describes, as far as that can be read. What is of the wrong type is left out (encoding/json).
func podOf(o *inventory.Object, template map[string]any) (*inventory.Object, error) {
	var t corev1.PodTemplateSpec
	text, err := json.Marshal(template)
	if err == nil {
		err = json.Unmarshal(text, &t)
	}
	return inventory.FromTyped(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.Ref.Namespace, Name: o.Ref.Name, Labels: t.Labels, Annotations: t.Annotations},
		Spec:       t.Spec,
	}, schema.GroupVersionKind{Version: "v1", Kind: inventory.Pod.Kind}), err
}

// runsUnread says whether a part of Ditto runs in an object that is not read, as far as it shows by itself.
func runsUnread(o *inventory.Object) bool {
	pods, _ := unreadPods(o)
	return slices.ContainsFunc(pods, func(pod *inventory.Object) bool {
		return isDittoPart(Parts(nothing, pod))
	})
}

// IsUnread says whether an object that may have to do with Ditto is not read: one in a version that is not, of a kind that opens
// ways in and is not, or in which a part of Ditto runs.
func IsUnread(o *inventory.Object) bool {
	why, _ := unreadKind(o)
	return o.Typed == nil && (why != "" || runsUnread(o))
}
