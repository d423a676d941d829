package cluster

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// TestSnapshot_OfOneNamespace: only that one is listed, and only absences in it can be trusted.
func TestSnapshot_OfOneNamespace(t *testing.T) {
	s := newServer(t,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ditto"}}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "other"}},
		configMap("ditto", "a", "one"), configMap("other", "b", "one"), secret("ditto", "s"), deployment("ditto", "gateway"))
	s.noRoutes = true
	taker := &snapshooter{client: s, host: "here", namespace: "ditto"}
	got, err := taker.take(t.Context(), kindsOf(testKinds, clientscheme.Scheme), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Namespace ditto", "ConfigMap ditto/a", "Deployment ditto/gateway", "Secret ditto/s"}, names(got.All())); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	for _, question := range []struct {
		kind      schema.GroupKind
		namespace string
		want      bool
	}{
		{inventory.ConfigMap, "ditto", true}, {inventory.ConfigMap, "other", false}, {inventory.ConfigMap, "", false},
		{crd.Route, "ditto", true}, {crd.Route, "other", true}, {inventory.Namespace, "", true},
	} {
		if got := got.Knows(question.kind, question.namespace); got != question.want {
			t.Errorf("knows %s in %q: %v", question.kind, question.namespace, got)
		}
	}
	if diff := cmp.Diff([]string{
		"get Namespace /ditto", "list ConfigMap ditto", "list Deployment ditto", "list Route ditto",
		"list Secret ditto type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token",
	}, s.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}

	taker = &snapshooter{client: s, host: "here", namespace: "nowhere"}
	_, err = taker.take(t.Context(), kindsOf(testKinds, clientscheme.Scheme), nil)
	if err == nil || err.Error() != "there is no namespace nowhere in the cluster at here" {
		t.Errorf("error %v", err)
	}
}

// TestSnapshot_AnUnreadableObjectIsThere: rules see it, so that they can refuse what they cannot decide.
func TestSnapshot_AnUnreadableObjectIsThere(t *testing.T) {
	odd := route()
	odd.SetName("odd")
	odd.Object["spec"] = map[string]any{"host": map[string]any{"a": "b"}}
	s := newServer(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ditto"}}, odd)
	taker := &snapshooter{client: s, host: "here"}
	got, err := taker.take(t.Context(), kindsOf(testKinds, clientscheme.Scheme), nil)
	if err != nil {
		t.Fatal(err)
	}
	if o := got.Get(crd.Route, "ditto", "odd"); o == nil || o.Unreadable == "" || len(got.Unread) != 0 {
		t.Errorf("the Route is %+v, unread %v", o, got.Unread)
	}
}

// TestSnapshot_WhatEndsIt: what can be said of the whole cluster is said of it, and not of the first kind.
func TestSnapshot_WhatEndsIt(t *testing.T) {
	s := &snapshooter{host: "here"}
	for _, test := range []struct {
		name  string
		err   error
		fatal bool
	}{
		{"credentials that nobody knows", apierrors.NewUnauthorized("who?"), true},
		{"a right that is missing", apierrors.NewForbidden(schema.GroupResource{}, "", nil), false},
		{"a broken conversion", apierrors.NewInternalError(errors.New("conversion webhook")), false},
	} {
		if got := s.fatal(t.Context(), test.err); (got != nil) != test.fatal {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
