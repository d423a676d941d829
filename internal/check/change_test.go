package check_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// step is one admission request: an object that is created or, if it is there, updated; or one that is deleted.
type step struct {
	apply  string
	delete string
	// denied is what the request is refused for, one `rule subject` a finding. An object that is refused is not stored.
	denied []string
}

// sequence is a number of requests one after another, on what is there before them.
type sequence struct {
	name string
	// there is the cluster as it is found, whatever dittoguard would have said to it.
	there string
	steps []step
}

func (s sequence) run(t *testing.T, checker *check.Checker) {
	t.Helper()
	inv := inventory.NewMemory(ditto.Keys, nil)
	for _, o := range decodeAll(t, s.there) {
		inv.Put(o)
	}
	clean := checker.All(context.Background(), inv, inv.All()).Summary.Denied == 0
	for n, st := range s.steps {
		change := st.change(t, inv)
		verdict, err := checker.Change(context.Background(), inv, change)
		if err != nil {
			t.Fatal(err)
		}
		got := deniedBy(verdict.Denied)
		if diff := cmp.Diff(st.denied, got); diff != "" {
			t.Errorf("step %d, %s: refused for -want +got:\n%s", n+1, changed(change).Ref, diff)
		}
		if len(verdict.Denied) > 0 {
			if !verdict.Decisive {
				t.Errorf("step %d, %s: refused, but not decisive", n+1, changed(change).Ref)
			}
			continue
		}
		if change.Object == nil {
			inv.Delete(change.OldObject.Ref.ID())
		} else {
			inv.Put(change.Object)
		}
		// What came in by requests that were let through is what the audit finds nothing wrong with.
		if all := checker.All(context.Background(), inv, inv.All()); clean && all.Summary.Denied > 0 {
			t.Errorf("step %d, %s: let through, but then all objects together: %s", n+1, changed(change).Ref, deniedBy(all.Findings))
		}
	}
}

func changed(c check.Change) *inventory.Object {
	if c.Object != nil {
		return c.Object
	}
	return c.OldObject
}

func (st step) change(t *testing.T, inv inventory.Reader) check.Change {
	t.Helper()
	text := st.apply + st.delete
	list := decodeAll(t, text)
	if len(list) != 1 {
		t.Fatalf("%d objects in a step:\n%s", len(list), text)
	}
	o := list[0]
	old := inv.Get(o.Ref.GroupKind(), o.Ref.Namespace, o.Ref.Name)
	request := &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Create}
	switch {
	case st.delete != "":
		if old == nil {
			t.Fatalf("%s is not there to be deleted", o.Ref)
		}
		request.Operation = admissionv1.Delete
		return check.Change{Request: request, OldObject: old}
	case old != nil:
		request.Operation = admissionv1.Update
	}
	return check.Change{Request: request, Object: o, OldObject: old}
}

// deniedBy are the rules and subjects of findings that deny, each once, in the order of the findings.
func deniedBy(findings []check.Finding) []string {
	var list []string
	seen := map[string]bool{}
	for _, f := range findings {
		line := f.Rule + " " + f.Subject.String()
		if f.Action == check.ActionDeny && !seen[line] {
			seen[line] = true
			list = append(list, line)
		}
	}
	return list
}

// decodeAll reads YAML documents; an object that names no namespace lies in ditto, unless its kind has none.
func decodeAll(t testing.TB, text string) []*inventory.Object {
	t.Helper()
	var list []*inventory.Object
	for _, document := range strings.Split("\n"+text, "\n---") {
		if strings.TrimSpace(document) == "" {
			continue
		}
		raw, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		o, err := inventory.Decode(raw, inventory.Source{})
		if err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		if o.Ref.Namespace == "" && o.Ref.Kind != "IngressClass" && o.Ref.Kind != "Namespace" {
			if o, err = o.InNamespace("ditto"); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, o)
	}
	return list
}

// builtin makes a checker of all built-in rules; a configuration of nil is the default one.
func builtin(t testing.TB, cfg *config.Config) *check.Checker {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if cfg == nil {
		cfg = config.Default()
	}
	return newChecker(t, list, cfg)
}

// The objects that sequences are made of. A gateway has passwords of its own, so that only what a sequence is about is
// wrong with it.
func gatewayDeployment(env string) string {
	return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, uid: gateway-uid}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - name: gateway
        image: example.com/iot/ditto-gateway:3.9.6
        ports: [{name: http, containerPort: 8080}, {name: remoting, containerPort: 2551}]
        env:
        - {name: DEVOPS_PASSWORD, value: "q8W!d93kLs02"}
        - {name: STATUS_PASSWORD, value: "q8W!d93kLs03"}
` + indentLines(env, 8)
}

func indentLines(text string, by int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.Repeat(" ", by) + line)
	}
	b.WriteByte('\n')
	return b.String()
}

const (
	preAuth     = `- {name: ENABLE_PRE_AUTHENTICATION, value: "true"}`
	noPreAuth   = `- {name: ENABLE_PRE_AUTHENTICATION, value: "false"}`
	gatewayOnly = `
apiVersion: v1
kind: Service
metadata: {name: gateway}
spec: {selector: {app: gateway}, ports: [{name: http, port: 8080, targetPort: 8080}]}
`
	preAuthOnGateway = "preauth-exposed Deployment ditto/gateway"
)

// serviceOf is a Service with a selector or other fields of its spec in YAML's flow style.
func serviceOf(name, spec string) string {
	return "\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n"
}

// ingressTo is an Ingress with one path.
func ingressTo(name, service string, port, path string) string {
	return `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ` + name + `}
spec:
  rules:
  - host: ditto.example.com
    http:
      paths: [{path: "` + path + `", pathType: Prefix, backend: {service: {name: ` + service + `, port: {` + port + `}}}}]
`
}

var _ = time.Now
