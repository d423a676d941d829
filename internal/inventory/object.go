package inventory

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	sigsjson "sigs.k8s.io/json"
)

// Ref names one object. Its JSON form is the "subject" of a finding and is fixed.
type Ref struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace"`
	Name       string `json:"name"`
}

// String is the form used in messages: `Ingress ditto/api`, or `IngressClass nginx` for a cluster-scoped object.
func (r Ref) String() string {
	switch {
	case r.Name == "" && r.Namespace != "":
		return r.Kind + " in namespace " + r.Namespace
	case r.Name == "":
		return r.Kind
	case r.Namespace == "":
		return r.Kind + " " + r.Name
	}
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

// GroupKind is the group and kind without the version: two served versions of one object are the same object.
func (r Ref) GroupKind() schema.GroupKind {
	group, _, found := strings.Cut(r.APIVersion, "/")
	if !found {
		group = ""
	}
	return schema.GroupKind{Group: group, Kind: r.Kind}
}

// ID identifies the object whatever version it was read in.
func (r Ref) ID() ID { return ID{r.GroupKind(), r.Namespace, r.Name} }

// Compare orders references by namespace, kind, name and API version, for stable output.
func (r Ref) Compare(o Ref) int {
	for _, pair := range [...][2]string{
		{r.Namespace, o.Namespace},
		{r.Kind, o.Kind},
		{r.Name, o.Name},
		{r.APIVersion, o.APIVersion},
	} {
		if c := strings.Compare(pair[0], pair[1]); c != 0 {
			return c
		}
	}
	return 0
}

// ID identifies an object in a cluster: group, kind, namespace and name.
type ID struct {
	schema.GroupKind
	Namespace, Name string
}

// String is the ID as part of a finding's key: `apps/Deployment/ditto/gateway`.
func (id ID) String() string {
	return id.Group + "/" + id.Kind + "/" + id.Namespace + "/" + id.Name
}

// Source is where an object was read from, for objects that come from files. The zero Source is a cluster object.
type Source struct {
	File string
	// Line is the 1-based line of the object's first line in File.
	Line int
	// LineOf, when set, gives the line of a field of the object, addressed as in a Kubernetes field error
	// (`spec.template.spec.containers[0].env[3]`), or of its nearest parent that has a line.
	LineOf func(field string) int
	// Folder is the folder of Kustomize, or of a Helm chart, that the object was rendered from: File is not what it
	// stands in then. Empty for an object that stands in File.
	Folder string
	// Chart says that the folder is that of a Helm chart.
	Chart bool
	// By is the object that has it rendered, where that is one of the objects: a HelmRelease, an Application; nil
	// otherwise.
	By *Ref
	// Rendered says that what a controller makes of the object is among the objects, NotRendered why it is not, though
	// it was tried.
	Rendered    bool
	NotRendered string
}

// Object is one Kubernetes object as a judgement sees it. It is immutable: whoever changes an object makes a new one.
// Lists, maps and pointers in it may be in other objects as well.
type Object struct {
	Ref    Ref
	Source Source
	// Meta holds labels, annotations, owner references and the like; never nil.
	Meta *metav1.ObjectMeta
	// Typed is the object in the Go type of its kind (see Kinds), nil for a kind that dittoguard does not read.
	Typed any
	// Unreadable says why an object of a kind that is read could not be decoded; then Typed is nil.
	Unreadable string

	template *corev1.PodTemplateSpec
	raw      []byte
	// stored says that the object is one of a cluster's, of which there are many.
	stored  bool
	content content
}

// FromTyped wraps an object that a client decoded. The object must not be changed afterwards.
func FromTyped(typed metav1.Object, gvk schema.GroupVersionKind) *Object {
	o := &Object{stored: true, Ref: Ref{
		APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind,
		Namespace: typed.GetNamespace(), Name: typed.GetName(),
	}}
	o.setTyped(typed)
	return o
}

// FromUnstructured wraps an object that was decoded without its type. One with a field of the wrong type, which a
// schema may let through that is wider than the type here, is Unreadable.
func FromUnstructured(u *unstructured.Unstructured) (*Object, error) {
	raw, err := json.Marshal(u.Object)
	if err != nil {
		return nil, fmt.Errorf("encoding %s %s: %w", u.GetKind(), u.GetName(), err)
	}
	o, err := DecodeStored(raw)
	if err != nil {
		return nil, err
	}
	o.stored = true
	return o, nil
}

func (o *Object) setTyped(typed any) {
	o.Typed = typed
	accessor, ok := typed.(metav1.ObjectMetaAccessor)
	if !ok {
		panic(fmt.Sprintf("%T has no object metadata", typed))
	}
	meta, ok := accessor.GetObjectMeta().(*metav1.ObjectMeta)
	if !ok {
		panic(fmt.Sprintf("%T has object metadata of another type", typed))
	}
	o.Meta = meta
	o.template = podTemplate(typed)
}

// PodTemplate is the pod that a workload runs: the template of a Deployment, StatefulSet, DaemonSet, ReplicaSet,
// ReplicationController, Job or CronJob, or the Pod itself. It is nil for everything else.
func (o *Object) PodTemplate() *corev1.PodTemplateSpec { return o.template }

// Content is the whole object as decoded JSON. It is shared and must not be changed.
func (o *Object) Content() map[string]any { return o.content.get(!o.stored, o.decoded) }

// decoded makes the content.
func (o *Object) decoded() map[string]any {
	if o.raw == nil {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o.Typed)
		if err != nil {
			panic("converting a Kubernetes API type: " + err.Error())
		}
		content["apiVersion"], content["kind"] = o.Ref.APIVersion, o.Ref.Kind
		return content
	}
	content := map[string]any{}
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(o.raw, &content); err != nil {
		panic("decoding JSON that was decoded before: " + err.Error())
	}
	return content
}

// Raw is the JSON the object was decoded from, nil if it came from a client as a Go value.
func (o *Object) Raw() []byte { return o.raw }

// InNamespace is the object with the namespace set, for manifests that leave it to `kubectl --namespace`.
func (o *Object) InNamespace(namespace string) (*Object, error) {
	content := runtime.DeepCopyJSON(o.Content())
	meta, _ := content["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
		content["metadata"] = meta
	}
	meta["namespace"] = namespace
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", o.Ref, err)
	}
	return Decode(raw, o.Source)
}
