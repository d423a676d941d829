package facts

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/policydoc"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// PolicyDocument is a Ditto policy that a ConfigMap holds, for a script or a job to put into Ditto. Policies that were
// made through Ditto's API are no Kubernetes objects and cannot be seen.
type PolicyDocument struct {
	// Key is the key of the ConfigMap. Name is the policy's ID, or its place in the text where that does not say.
	Key  string `cel:"key"`
	Name string `cel:"name"`
	// Writers are the subjects that may change the policy itself: WRITE on `policy:/` or on all its entries.
	Writers []PolicyWriter `cel:"writers"`
	// Shared are the labels of entries with which such a permission reaches every policy that imports this one.
	Shared []string `cel:"shared"`
	// Imports are the policies that this one takes entries from.
	Imports []string `cel:"imports"`
}

// PolicyWriter is a subject that may change a policy.
type PolicyWriter struct {
	Subject string `cel:"subject"`
	// Entry is the label of the entry that lets it.
	Entry string `cel:"entry"`
	// Wide says why the subject stands for many or for anyone; it is empty of one that does not.
	Wide string `cel:"wide"`
}

// PolicyDocuments are the Ditto policies in a ConfigMap, by key. Secrets are not looked into: what is in them is not
// shown.
func PolicyDocuments(o *inventory.Object) []PolicyDocument {
	configMap, ok := inventory.As[corev1.ConfigMap](o)
	if !ok {
		return nil
	}
	var list []PolicyDocument
	for _, key := range slices.Sorted(maps.Keys(configMap.Data)) {
		for _, found := range policydoc.Find(configMap.Data[key]) {
			list = append(list, policyDocument(key, found))
		}
	}
	return list
}

func policyDocument(key string, p policydoc.Policy) PolicyDocument {
	d := PolicyDocument{Key: key, Name: p.ID, Shared: p.Shared(), Imports: p.Imports}
	if d.Name == "" {
		if d.Name = p.Pointer; d.Name == "" {
			d.Name = "/"
		}
	}
	writers := p.Writers()
	for _, subject := range slices.Sorted(maps.Keys(writers)) {
		d.Writers = append(d.Writers, PolicyWriter{Subject: subject, Entry: writers[subject],
			Wide: policydoc.Wide(subject)})
	}
	return d
}
