package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/rules"
)

// maxSize is more than a ConfigMap can hold.
const maxSize = 4 << 20

// Load reads a Configuration file. list are the rules that exist. The error joins every problem of the file, one a line
// with file and line number.
func Load(path string, list []rules.HardeningRule) (*Config, error) {
	file, err := os.Open(path)
	if err == nil {
		defer file.Close()
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(file, maxSize+1)); err == nil {
			return Parse(path, data, list)
		}
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return nil, fmt.Errorf("reading %s: %w", path, err)
}

// Parse reads the text of a Configuration file; name is what errors call it. It is strict: unknown and duplicate
// fields, rules that list does not have, and what is said to a rule that it has no parameter for, are errors.
func Parse(name string, data []byte, list []rules.HardeningRule) (*Config, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("%s: larger than the limit of %d MiB", name, maxSize>>20)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s: no configuration in it: expected apiVersion %s and kind %s", name, APIVersion, Kind)
	case err != nil:
		return nil, syntaxError(name, err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("%s:%d: expected one document, found a second one", name, second.Line)
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(name, err)
	}
	p := &parser{reader: reader{name: name}, rules: list}
	c := p.config(document.Content[0])
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return c, nil
}

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// syntaxError puts the line of a YAML error where all other errors have it.
func syntaxError(name string, err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		return fmt.Errorf("%s:%s: invalid YAML: %s", name, m[1], message[len(m[0]):])
	}
	return fmt.Errorf("%s: invalid YAML: %s", name, message)
}

// Clouds are the platforms whose markers of an internal load balancer are known, which the configuration may name.
var Clouds = []string{
	"alibaba", "aws", "azure", "baidu", "digitalocean", "gcp", "huawei", "ibm", "naver", "oci", "openstack", "tencent",
}

// Controllers are the ingress controllers that are known, which the configuration may name.
var Controllers = []string{
	"agic", "alb", "alibaba-alb", "cilium", "contour", "f5-nginx", "gce", "haproxy", "haproxy-ingress", "ingress-nginx",
	"istio", "kong", "openshift", "tailscale", "traefik",
}

var version = regexp.MustCompile(`^v?\d+(\.\d+){0,2}([-+.][0-9A-Za-z.+-]+)?$`)

type parser struct {
	reader
	rules []rules.HardeningRule
}

func (p *parser) config(root *yaml.Node) *Config {
	c := Default()
	seen := p.fields(root, "", map[string]field{
		"apiVersion":      func(n *yaml.Node, path string) { p.oneOf(n, path, APIVersion) },
		"kind":            func(n *yaml.Node, path string) { p.oneOf(n, path, Kind) },
		"modes":           func(n *yaml.Node, path string) { p.modes(n, path, &c.Modes) },
		"trustModel":      text(p, &c.TrustModel, TrustAuto, TrustProxy, TrustOIDC),
		"namespaceLabels": text(p, &c.NamespaceLabels, LabelsHonour, LabelsTighten, LabelsIgnore),
		"edges":           func(n *yaml.Node, path string) { p.edges(n, path, &c.Edges) },
		"rules": func(n *yaml.Node, path string) {
			p.entries(n, path, func(key, value *yaml.Node, path string) {
				p.knownRule(key, path, key.Value)
				c.Rules[key.Value] = p.rule(key.Value, value, path)
			})
		},
		"exceptions": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) {
				c.Exceptions = append(c.Exceptions, p.exception(n, path))
			})
		},
	})
	p.require(root, "", seen, "apiVersion", "kind")
	return c
}

// text is a field with one of a few values.
func text[T ~string](p *parser, into *T, allowed ...T) field {
	values := make([]string, len(allowed))
	for i, v := range allowed {
		values[i] = string(v)
	}
	return func(n *yaml.Node, path string) { *into = T(p.oneOf(n, path, values...)) }
}

func (p *parser) modes(n *yaml.Node, path string, m *Modes) {
	p.fields(n, path, map[string]field{
		"enforce": text(p, &m.Enforce, modeOrder...),
		"warn":    text(p, &m.Warn, modeOrder...),
		"audit":   text(p, &m.Audit, modeOrder...),
		"enforceVersion": func(n *yaml.Node, path string) {
			var ok bool
			switch m.EnforceVersion, ok = parseVersion(p.text(n, path)); {
			case !ok:
				p.fail(n, path, "expected latest or a version such as v0.2, found %q", n.Value)
			case !m.EnforceVersion.Includes(rules.FirstVersion):
				p.fail(n, path, "expected %s or later, found %q, which has no rules; modes.enforce: off enforces nothing", rules.FirstVersion, n.Value)
			}
		},
	})
}

func (p *parser) edges(n *yaml.Node, path string, e *Edges) {
	p.fields(n, path, map[string]field{
		"internalIngressClasses": func(n *yaml.Node, path string) { e.InternalIngressClasses = p.texts(n, path) },
		"internalGateways": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) {
				var g Gateway
				seen := p.fields(n, path, map[string]field{
					"namespace": func(n *yaml.Node, path string) { g.Namespace = p.text(n, path) },
					"name":      func(n *yaml.Node, path string) { g.Name = p.text(n, path) },
				})
				p.require(n, path, seen, "namespace", "name")
				e.InternalGateways = append(e.InternalGateways, g)
			})
		},
		"ingressClasses": func(n *yaml.Node, path string) {
			e.IngressClasses = map[string]string{}
			p.entries(n, path, func(key, value *yaml.Node, path string) {
				seen := p.fields(value, path, map[string]field{
					"controller": func(n *yaml.Node, path string) {
						e.IngressClasses[key.Value] = p.oneOf(n, path, Controllers...)
					},
				})
				p.require(value, path, seen, "controller")
			})
		},
		"defaultController": func(n *yaml.Node, path string) { e.DefaultController = p.oneOf(n, path, Controllers...) },
		"clients": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) { e.Clients = append(e.Clients, p.client(n, path)) })
		},
		"clouds": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) {
				e.Clouds = append(e.Clouds, p.oneOf(n, path, Clouds...))
			})
		},
		"controllers": func(n *yaml.Node, path string) {
			e.Controllers = map[string]Controller{}
			p.entries(n, path, func(key, value *yaml.Node, path string) {
				var c Controller
				if !slices.Contains(Controllers, key.Value) {
					p.fail(key, path, "there is no controller %q; expected %s", key.Value, or(Controllers))
				}
				p.fields(value, path, map[string]field{
					"version": func(n *yaml.Node, path string) {
						if c.Version = p.text(n, path); c.Version != "" && !version.MatchString(c.Version) {
							p.fail(n, path, "expected a version such as 0.17 or v3.6.2, found %q", c.Version)
						}
					},
				})
				e.Controllers[key.Value] = c
			})
		},
	})
}

func (p *parser) client(n *yaml.Node, path string) Client {
	var c Client
	seen := p.fields(n, path, map[string]field{
		"namespace": func(n *yaml.Node, path string) { c.Namespace = p.text(n, path) },
		"name":      func(n *yaml.Node, path string) { c.Name = p.text(n, path) },
		"selector": func(n *yaml.Node, path string) {
			text := p.text(n, path)
			if text == "" {
				return
			}
			selector, err := labels.Parse(text)
			if err != nil {
				p.fail(n, path, "expected a selector such as app=web,tier!=back, found %q", text)
			}
			c.Selector = selector
		},
	})
	p.require(n, path, seen, "namespace")
	if n.Kind == yaml.MappingNode && c.Name == "" && c.Selector == nil {
		p.fail(n, path, "expected name or selector")
	}
	return c
}

func (p *parser) rule(name string, n *yaml.Node, path string) Rule {
	var r Rule
	p.fields(n, path, map[string]field{
		"level": text(p, &r.Level, rules.Baseline, rules.Restricted),
		"onUnknown": func(n *yaml.Node, path string) {
			r.DenyUnknown = p.oneOf(n, path, string(Warn), string(Deny)) == string(Deny)
		},
		"mutate": func(n *yaml.Node, path string) { r.KeepAsIs = !p.boolean(n, path) },
		"params": func(n *yaml.Node, path string) {
			r.Params = map[string]any{}
			p.entries(n, path, func(key, value *yaml.Node, path string) { p.param(r.Params, name, key, value, path) })
		},
	})
	return r
}

func (p *parser) exception(n *yaml.Node, path string) Exception {
	e := Exception{Line: n.Line}
	seen := p.fields(n, path, map[string]field{
		"rules": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) {
				if name := p.text(n, path); name != "" {
					p.knownRule(n, path, name)
					e.Rules = append(e.Rules, name)
				}
			})
			if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				p.fail(n, path, "expected at least one rule")
			}
		},
		"match":  func(n *yaml.Node, path string) { e.Match = p.match(n, path) },
		"reason": func(n *yaml.Node, path string) { e.Reason = p.text(n, path) },
		"expires": func(n *yaml.Node, path string) {
			var err error
			if s := p.text(n, path); s != "" {
				if e.Expires, err = time.Parse(time.DateOnly, s); err != nil {
					p.fail(n, path, "expected a date such as 2027-01-31, found %q", s)
				}
			}
		},
	})
	p.require(n, path, seen, "rules", "match", "reason", "expires")
	return e
}

func (p *parser) knownRule(n *yaml.Node, path, name string) {
	if _, found := p.named(name); !found {
		p.fail(n, path, "there is no rule %s", strconv.Quote(name))
	}
}

func (p *parser) named(name string) (rules.HardeningRule, bool) {
	i := slices.IndexFunc(p.rules, func(r rules.HardeningRule) bool { return r.Metadata.Name == name })
	if i < 0 {
		return rules.HardeningRule{}, false
	}
	return p.rules[i], true
}

// param reads a parameter of a rule. What is said to a rule that is not there has been reported with the rule.
func (p *parser) param(into map[string]any, rule string, key, value *yaml.Node, path string) {
	document, found := p.named(rule)
	if !found {
		return
	}
	declared, found := document.Param(key.Value)
	if !found {
		names := make([]string, 0, len(document.Spec.Params))
		for _, one := range document.Spec.Params {
			names = append(names, one.Name)
		}
		if len(names) == 0 {
			p.fail(key, path, "the rule has no parameters")
			return
		}
		p.fail(key, path, "the rule has no such parameter; expected %s", or(names))
		return
	}
	before := len(p.errs)
	v := p.any(value, path)
	if len(p.errs) > before {
		return
	}
	if problem := declared.Check(v); problem != "" {
		p.fail(value, path, "%s", problem)
		return
	}
	into[key.Value] = v
}
