package aws

import (
	"encoding/json"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// useAnnotation is the port of a backend that stands for an action.
const useAnnotation = "use-annotation"

// behind are the Services that a backend of an Ingress means which stands for an action of the AWS Load Balancer
// Controller: those that the action in the annotation `alb.ingress.kubernetes.io/actions.NAME` forwards to. Source:
// pkg/ingress/enhanced_backend_builder.go.
func behind(ing *networkingv1.Ingress, b networkingv1.IngressServiceBackend) (list []networkingv1.IngressServiceBackend,
	ok bool) {
	if b.Port.Name != useAnnotation {
		return nil, false
	}
	var action struct {
		Type          string `json:"type"`
		ForwardConfig struct {
			TargetGroups []struct {
				ServiceName string              `json:"serviceName"`
				ServicePort *intstr.IntOrString `json:"servicePort"`
				Weight      *int32              `json:"weight"`
			} `json:"targetGroups"`
		} `json:"forwardConfig"`
	}
	if json.Unmarshal([]byte(ing.Annotations[PrefixALB+"actions."+b.Name]), &action) != nil ||
		action.Type != "forward" {
		return nil, true
	}
	// A group of weight 0 gets no requests, if another one does.
	several := false
	for _, group := range action.ForwardConfig.TargetGroups {
		several = several || group.Weight == nil || *group.Weight > 0
	}
	for _, group := range action.ForwardConfig.TargetGroups {
		if group.ServiceName == "" || group.ServicePort == nil || several && group.Weight != nil && *group.Weight == 0 {
			continue
		}
		to := networkingv1.IngressServiceBackend{Name: group.ServiceName}
		// A number may be written as text.
		if port := intstr.Parse(group.ServicePort.String()); port.Type == intstr.String {
			to.Port.Name = port.StrVal
		} else {
			to.Port.Number = port.IntVal
		}
		list = append(list, to)
	}
	return list, true
}

// conditionPaths are paths that annotations `conditions.NAME` add to those of the backend NAME, of a rule of the
// Ingress: either is enough. It is a matcher of what they can add, and false if there are none. Source:
// pkg/ingress/model_build_listener_rules.go.
func conditionPaths(all map[string]string) (way.Matcher, bool) {
	var matchers []way.Matcher
	for _, key := range way.KeysOf(all) {
		if !strings.HasPrefix(key, PrefixALB+"conditions.") {
			continue
		}
		var conditions []struct {
			Field  string `json:"field"`
			Config struct {
				Values      []string `json:"values"`
				RegexValues []string `json:"regexValues"`
			} `json:"pathPatternConfig"`
		}
		if json.Unmarshal([]byte(all[key]), &conditions) != nil {
			continue
		}
		for _, c := range conditions {
			if c.Field != "path-pattern" {
				continue
			}
			for _, value := range c.Config.Values {
				matchers = append(matchers, way.Wildcards(value))
			}
			for _, value := range c.Config.RegexValues {
				matchers = append(matchers, way.Regex(way.Raw, value, false, way.Anywhere))
			}
		}
	}
	return way.Matcher{Match: func(path string) (bool, bool) {
		known := true
		for _, m := range matchers {
			matches, decided := m.Matches(path)
			if matches {
				return true, true
			}
			known = known && decided
		}
		return false, known
	}}, len(matchers) > 0
}
