// Package edges runs real edges in front of a backend that records what arrives, and compares what they do with what dittoguard
// reads in the same objects. What they did is kept in testdata, so that the comparison needs none of them.
package edges

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Scenario is a set of objects in front of a gateway, in a namespace of its own.
type Scenario struct {
	// Name says what it is about, Number is its place, which decides its namespace and its addresses.
	Name   string
	Number int
	// Text are its objects, in YAML; $ns, $host, $gateway and $auth stand for its namespace, its host, the address of its gateway, and that
	// of a service that is asked for credentials.
	Text string
	// Probes are further probes.
	Probes []Probe
	// Args are further arguments of the edge; Version is that which the configuration states, empty for none.
	Args    []string
	Version string
	// Settings are lines of what configures the edge as a whole, where that is a text.
	Settings []string
	// Burst is how many requests are sent at once in the end, to see whether they are limited.
	Burst int
	// Perhaps says that other routes of it may take requests away, or chance does, so that nothing follows from what did not arrive.
	Perhaps bool
	// Apart says that it would change what others do, so that it needs an edge for itself.
	Apart bool
	// Shut says that the edge need not listen for plain HTTP.
	Shut bool
	// Known are differences that are right as they are, each with its reason: `deny /devops: why`.
	Known map[string]string
}

// Namespace is where its objects are.
func (s *Scenario) Namespace() string { return fmt.Sprintf("s%d", s.Number) }

// Host is a name that is its own.
func (s *Scenario) Host() string { return s.Namespace() + ".example.com" }

// The Services of each scenario, in the order of their addresses. Only the first leads to a gateway.
var services = []string{"gateway", "other", "auth"}

// Address is that of a Service's only endpoint.
func (s *Scenario) Address(service int) string {
	return fmt.Sprintf("198.18.%d.%d", s.Number/64, s.Number%64*4+service)
}

// port is what everything listens on behind the edge.
const port = 8080

// expand puts a scenario's own names in the place of $ns, $host, $gateway and $auth.
func (s *Scenario) expand(text string) string {
	return strings.NewReplacer("$token", token, "$keys", keySet, "$HOST", strings.ToUpper(s.Host()), "$ns", s.Namespace(), "$host", s.Host(), "$gateway", s.Address(0), "$auth", fmt.Sprintf("%s:%d", s.Address(2), port)).Replace(text)
}

// Objects are all objects that a person would write: the gateway, its Service, others, and the scenario's own.
func (s *Scenario) Objects() string {
	return s.expand(`apiVersion: v1
kind: Namespace
metadata: {name: $ns}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: $ns}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - name: ditto-gateway
        image: eclipse/ditto-gateway:3.9.0
        ports: [{name: http, containerPort: 8080}]
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: $ns}
spec: {selector: {app: gateway}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: $ns}
spec: {selector: {app: other}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: auth, namespace: $ns}
spec: {selector: {app: auth}, ports: [{name: http, port: 8080}]}
---
` + s.Text)
}

// draft is a scenario as it is written down.
type draft struct{ name, text string }

// drafts reads those of an edge.
func drafts(edge string) ([]draft, error) {
	text, err := os.ReadFile(filepath.Join("testdata", edge+".yaml"))
	if err != nil {
		return nil, err
	}
	var list []draft
	for _, part := range strings.Split("\n"+string(text), "\n=== ")[1:] {
		name, objects, _ := strings.Cut(part, "\n")
		list = append(list, draft{name, objects + "\n"})
	}
	return list, nil
}

// scenarios reads those that are written down for an edge, and those that others lend it. One of its own without objects says more about
// the lent one of its name.
func (e *Edge) scenarios() ([]*Scenario, error) {
	own, err := drafts(e.Name)
	if err != nil {
		return nil, err
	}
	var all []draft
	more, seen := map[string]string{}, map[string]bool{}
	for _, d := range own {
		if strings.Contains(d.text, "apiVersion:") {
			all = append(all, d)
		} else {
			more[d.name] = d.text
		}
	}
	for _, lender := range e.Lenders {
		others, err := drafts(lender.Name)
		if err != nil {
			return nil, err
		}
		for _, d := range others {
			if text, ok := e.Lent(d.text); ok && !seen[text] {
				name := lender.Name + ": " + d.name
				all = append(all, draft{name, more[name] + text})
				seen[text] = true
				delete(more, name)
			}
		}
	}
	for name := range more {
		return nil, fmt.Errorf("nobody lends %s a scenario %q: %w", e.Name, name, os.ErrNotExist)
	}
	var list []*Scenario
	for i, d := range all {
		s, err := d.parse(i + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// parse reads what its comments say of a scenario.
func (d draft) parse(number int) (*Scenario, error) {
	s := &Scenario{Name: d.name, Number: number, Text: d.text, Known: map[string]string{}}
	for line := range strings.Lines(s.Text) {
		key, value, told := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# "), ": ")
		if !told || !strings.HasPrefix(line, "#") {
			continue
		}
		switch key {
		case "probe":
			p, err := ParseProbe(s.expand(value))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Name, err)
			}
			s.Probes = append(s.Probes, p)
		case "args":
			s.Args = append(s.Args, strings.Fields(s.expand(value))...)
		case "setting":
			s.Settings = append(s.Settings, s.expand(value))
		case "apart":
			s.Apart = true
		case "shut":
			s.Shut = true
		case "perhaps":
			s.Perhaps = true
		case "version":
			s.Version = value
		case "burst":
			if _, err := fmt.Sscan(value, &s.Burst); err != nil {
				return nil, fmt.Errorf("%s: burst: %w", s.Name, err)
			}
		case "known":
			what, why, _ := strings.Cut(value, ": ")
			s.Known[what] = why
		}
	}
	return s, nil
}

// endpoints are those of a scenario's Services.
func endpoints(s *Scenario, port int) string {
	var b strings.Builder
	for i, name := range services {
		fmt.Fprintf(&b, `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %[1]s, namespace: $ns, labels: {kubernetes.io/service-name: %[1]s}}
addressType: IPv4
ports: [{name: http, port: %[3]d}]
endpoints: [{addresses: [%[2]s], conditions: {ready: true}}]
---
`, name, s.Address(i), port)
	}
	return b.String()
}
