package check_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestKindsThatCouldNotBeListed: a rule that refuses what is unknown refuses kinds that could not be listed, in one finding, and
// not what somebody chose not to read. Other rules leave it unknown.
func TestKindsThatCouldNotBeListed(t *testing.T) {
	unread := []check.Unknown{
		{Subject: inventory.Ref{APIVersion: "v1", Kind: "Service", Namespace: "ditto"}, Unlisted: true, What: check.WhatThereIs, Message: "you have no right to list it"},
		{Subject: inventory.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "ditto"}, Unlisted: true, What: check.WhatThereIs, Message: "you have no right to list it"},
		{Subject: inventory.Ref{APIVersion: "v1", Kind: "Namespace"}, Unlisted: true, What: "what there is in others", Message: "only namespace ditto was read"},
	}
	excepted := config.Default()
	excepted.Rules["preauth-exposed"] = config.Rule{DenyUnknown: true}
	excepted.Exceptions = []config.Exception{{Rules: []string{"preauth-exposed"}, Match: config.Match{Namespace: "ditto"}, Expires: time.Now().Add(time.Hour * 48)}}
	inv := inventory.NewMemory(ditto.Keys, nil)
	for _, test := range []struct {
		checker *check.Checker
		want    []string
	}{
		{everything(), nil},
		{builtin(t, excepted), nil},
		{denyingUnknown(t, "preauth-exposed"), []string{"preauth-exposed: Service in namespace ditto: cannot be decided: Service and Deployment in namespace ditto, what there is: you have no right to list it"}},
	} {
		result := test.checker.WithUnread(t.Context(), inv, check.Result{}, unread)
		var got []string
		for _, f := range result.Findings {
			got = append(got, f.Rule+": "+f.Subject.String()+": "+f.Message)
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") || result.Summary.Denied != len(test.want) || len(result.Unknown) != len(unread) {
			t.Errorf("%q, %+v, %d unknown", got, result.Summary, len(result.Unknown))
		}
	}
}
