package certs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldOwner marks the caBundle fields as ours, for people who read managedFields.
const fieldOwner = client.FieldOwner("dittoguard-certs")

// service is the Service that our entries of a webhook configuration call.
type service struct{ namespace, name string }

// configuration is a webhook configuration as it was read.
type configuration struct {
	kind    string
	object  client.Object
	entries []entry
}

// entry is one webhook of a configuration that calls our Service.
type entry struct {
	index int
	name  string
	raw   []byte
	cas   bundle
}

func (c *configuration) String() string { return fmt.Sprintf("%s %q", c.kind, c.object.GetName()) }

// add notes an entry if it calls the Service: what others put into the configuration is theirs.
func (c *configuration) add(s service, index int, name string, config *admissionregistrationv1.WebhookClientConfig) {
	if config.Service == nil || config.Service.Name != s.name || config.Service.Namespace != s.namespace {
		return
	}
	c.entries = append(c.entries, entry{index, name, config.CABundle, parseBundle(config.CABundle)})
}

// readValidating reads a ValidatingWebhookConfiguration, nil if it is not installed.
func readValidating(ctx context.Context, c client.Reader, name string, s service) (*configuration, error) {
	object := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	read := &configuration{kind: "ValidatingWebhookConfiguration", object: object}
	if installed, err := read.get(ctx, c, name); !installed {
		return nil, err
	}
	for i := range object.Webhooks {
		read.add(s, i, object.Webhooks[i].Name, &object.Webhooks[i].ClientConfig)
	}
	return read, nil
}

// readMutating reads a MutatingWebhookConfiguration, nil if it is not installed.
func readMutating(ctx context.Context, c client.Reader, name string, s service) (*configuration, error) {
	object := &admissionregistrationv1.MutatingWebhookConfiguration{}
	read := &configuration{kind: "MutatingWebhookConfiguration", object: object}
	if installed, err := read.get(ctx, c, name); !installed {
		return nil, err
	}
	for i := range object.Webhooks {
		read.add(s, i, object.Webhooks[i].Name, &object.Webhooks[i].ClientConfig)
	}
	return read, nil
}

// get says whether the configuration is installed. One without a name never is.
func (c *configuration) get(ctx context.Context, r client.Reader, name string) (bool, error) {
	if name == "" {
		return false, nil
	}
	switch err := r.Get(ctx, types.NamespacedName{Name: name}, c.object); {
	case apierrors.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading %s %q: %w", c.kind, name, err)
	}
	return true, nil
}

// operation is one step of a JSON patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// injection is the patch that brings the bundle into every entry, nil if it is there. It can only change caBundle of
// entries that exist: were the configuration changed since it was read, by a replica, by helm or by anyone, the first
// test fails, nothing is written, and the caller reads again.
func (c *configuration) injection(cas bundle) ([]byte, error) {
	encoded := cas.encode()
	operations := []operation{{"test", "/metadata/resourceVersion", c.object.GetResourceVersion()}}
	for _, e := range c.entries {
		if bytes.Equal(e.raw, encoded) {
			continue
		}
		path := fmt.Sprintf("/webhooks/%d", e.index)
		operations = append(operations,
			operation{"test", path + "/name", e.name},
			operation{"add", path + "/clientConfig/caBundle", encoded})
	}
	if len(operations) == 1 {
		return nil, nil
	}
	return json.Marshal(operations)
}

// inject writes the bundle into the entries that lack it, and says whether there was one.
func (c *configuration) inject(ctx context.Context, w client.Client, cas bundle) (bool, error) {
	patch, err := c.injection(cas)
	if patch == nil || err != nil {
		return false, err
	}
	if err := w.Patch(ctx, c.object, client.RawPatch(types.JSONPatchType, patch), fieldOwner); err != nil {
		return false, fmt.Errorf("writing caBundle of %s: %w", c, err)
	}
	return true, nil
}
