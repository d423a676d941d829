package charts_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// rights spells out who may do what where: one line for a rule of a role, wherever the role is bound.
func rights(t *testing.T, objects []client.Object) []string {
	t.Helper()
	const account = "ServiceAccount/guard/dittoguard"
	rules := map[string][]rbacv1.PolicyRule{}
	for _, r := range all[*rbacv1.ClusterRole](objects) {
		rules["ClusterRole/"+r.Name] = r.Rules
	}
	for _, r := range all[*rbacv1.Role](objects) {
		rules["Role/"+r.Name] = r.Rules
	}
	var lines []string
	bind := func(where string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) {
		for _, s := range subjects {
			if got := fmt.Sprintf("%s/%s/%s", s.Kind, s.Namespace, s.Name); got != account {
				t.Errorf("%s is bound to %s", ref.Name, got)
			}
		}
		bound := rules[ref.Kind+"/"+ref.Name]
		if len(bound) == 0 {
			t.Errorf("%s %s is bound, but not there", ref.Kind, ref.Name)
		}
		for _, r := range bound {
			line := fmt.Sprintf("%s: %s %s", where, strings.Join(r.Verbs, ","), strings.Join(r.APIGroups, ",")+"/"+strings.Join(r.Resources, ","))
			if len(r.ResourceNames) > 0 {
				line += " named " + strings.Join(r.ResourceNames, ",")
			}
			lines = append(lines, line)
		}
	}
	for _, b := range all[*rbacv1.ClusterRoleBinding](objects) {
		bind("everywhere", b.RoleRef, b.Subjects)
	}
	for _, b := range all[*rbacv1.RoleBinding](objects) {
		bind(b.Namespace, b.RoleRef, b.Subjects)
	}
	slices.Sort(lines)
	return lines
}

func TestRights(t *testing.T) {
	reads := []string{
		"everywhere: get,list,watch /configmaps,namespaces,pods,replicationcontrollers,services",
		"everywhere: get,list,watch apps/daemonsets,deployments,replicasets,statefulsets",
		"everywhere: get,list,watch batch/cronjobs,jobs",
		"everywhere: get,list,watch discovery.k8s.io/endpointslices",
		"everywhere: get,list,watch networking.k8s.io/ingressclasses,ingresses,networkpolicies",
	}
	for _, group := range customGroups() {
		namespaced, cluster := group.byScope()
		reads = append(reads, "everywhere: get,list,watch "+group.name+"/"+strings.Join(append(namespaced, cluster...), ","))
	}
	ownSecret := []string{
		"guard: create /secrets",
		"guard: get,list,watch,update /secrets named dittoguard-ca",
	}
	configurations := "everywhere: get,watch,patch admissionregistration.k8s.io/mutatingwebhookconfigurations,validatingwebhookconfigurations named dittoguard"
	looks := strings.Replace(configurations, "get,watch,patch", "get", 1)
	audits := []string{
		"everywhere: create,patch events.k8s.io/events",
		"everywhere: get,list,create,update,delete openreports.io/clusterreports,reports",
		"everywhere: get,list,create,update,delete wgpolicyk8s.io/clusterpolicyreports,policyreports",
		"guard: create coordination.k8s.io/leases",
		"guard: get,update coordination.k8s.io/leases named dittoguard-audit",
	}
	secrets := func(namespace string) string { return namespace + ": get,list,watch /secrets" }
	for name, want := range map[string][]string{
		"defaults":      slices.Concat(reads, ownSecret, audits, []string{configurations}),
		"protected":     slices.Concat(reads, ownSecret, audits, []string{configurations, secrets("ditto"), secrets("iot")}),
		"dry run":       slices.Concat(reads, ownSecret, audits, []string{configurations, secrets("ditto")}),
		"cert-manager":  slices.Concat(reads, audits, []string{looks, secrets("ditto")}),
		"without audit": slices.Concat(reads, ownSecret, []string{configurations}),
		"one API":       slices.Concat(reads, ownSecret, audits[:2], audits[3:], []string{configurations}),
		"own issuer":    slices.Concat(reads, audits, []string{looks, secrets("ditto")}),
		"secret":        slices.Concat(reads, audits, []string{looks, secrets("ditto")}),
		"without roles": nil,
	} {
		t.Run(name, func(t *testing.T) {
			slices.Sort(want)
			if diff := cmp.Diff(want, rights(t, render(t, variants[name]))); diff != "" {
				t.Errorf("rights (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAuditRole: people who audit get what dittoguard itself reads, but no Secrets, and cannot watch.
func TestAuditRole(t *testing.T) {
	role := func(values string) *rbacv1.ClusterRole {
		for _, r := range all[*rbacv1.ClusterRole](render(t, values)) {
			if r.Name == "dittoguard-audit" {
				return r
			}
		}
		return nil
	}
	rules := func(list []rbacv1.PolicyRule) []string {
		var lines []string
		for _, r := range list {
			if len(r.ResourceNames) == 0 && !slices.Contains(r.Verbs, "create") {
				lines = append(lines, strings.Join(r.APIGroups, ",")+"/"+strings.Join(r.Resources, ","))
			}
		}
		return lines
	}
	audit := role("")
	if audit == nil {
		t.Fatal("there is no ClusterRole dittoguard-audit")
	}
	var own *rbacv1.ClusterRole
	for _, r := range all[*rbacv1.ClusterRole](render(t, "")) {
		if r.Name == "dittoguard" {
			own = r
		}
	}
	if diff := cmp.Diff(rules(own.Rules), rules(audit.Rules)); diff != "" {
		t.Errorf("(-dittoguard +audit):\n%s", diff)
	}
	for _, r := range audit.Rules {
		if diff := cmp.Diff([]string{"get", "list"}, r.Verbs); diff != "" || slices.Contains(r.Resources, "secrets") {
			t.Errorf("rights of an audit: %v", r)
		}
	}
	const aggregate = "rbac.authorization.k8s.io/aggregate-to-view"
	if got := audit.Labels[aggregate]; got != "" {
		t.Errorf("label %s is %q without being asked for", aggregate, got)
	}
	if got := role("audit: {aggregateToView: true}").Labels[aggregate]; got != "true" {
		t.Errorf("label %s is %q", aggregate, got)
	}
	if role("audit: {clusterRole: false}") != nil {
		t.Error("the role is there though it was switched off")
	}
}
