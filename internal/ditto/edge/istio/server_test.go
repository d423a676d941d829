package istio

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func TestKindsOfServer(t *testing.T) {
	for _, tt := range []struct {
		server string
		want   []string
	}{
		{"{port: {protocol: HTTP}}", []string{"requests", "plain"}},
		{"{port: {protocol: http2}}", []string{"requests", "plain"}},
		{"{port: {protocol: HTTP_PROXY}}", []string{"requests", "plain"}},
		{"{port: {protocol: GRPC-Web}, tls: {}}", []string{"requests", "plain"}},
		{"{port: {protocol: HTTP}, tls: {mode: PASSTHROUGH}}", []string{"requests", "plain"}},
		{"{port: {protocol: HTTP}, tls: {httpsRedirect: true}}", []string{"plain"}},
		{"{port: {protocol: HTTPS}, tls: {mode: SIMPLE}}", []string{"requests"}},
		{"{port: {protocol: HTTPS}, tls: {mode: SIMPLE, httpsRedirect: true}}", []string{"requests"}},
		{"{port: {protocol: https}, tls: {mode: OPTIONAL_MUTUAL}}", []string{"requests"}},
		{"{port: {protocol: HTTPS}, tls: {}}", []string{"TLS"}},
		{"{port: {protocol: HTTPS}, tls: {httpsRedirect: true}}", []string{"TLS"}},
		{"{port: {protocol: HTTPS}, tls: {mode: AUTO_PASSTHROUGH}}", []string{"TLS"}},
		{"{port: {protocol: HTTPS}}", []string{"requests", "TCP"}}, // which Istio wants nobody to have
		{"{port: {protocol: TLS}, tls: {mode: PASSTHROUGH}}", []string{"TLS"}},
		{"{port: {protocol: TLS}, tls: {mode: SIMPLE}}", []string{"TCP"}},
		{"{port: {protocol: tcp}}", []string{"TCP"}},
		{"{port: {protocol: MySQL}}", []string{"TCP"}},
		{"{port: {protocol: new}}", []string{"requests", "plain", "TCP"}},
		{"{port: {protocol: new}, tls: {}}", []string{"requests", "plain", "TLS"}},
	} {
		var s crd.IstioServer
		if err := yaml.Unmarshal([]byte(tt.server), &s); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, kind := range []struct {
			name string
			is   bool
		}{{"requests", readsHTTP(s)}, {"plain", plainHTTP(s)}, {"TLS", passesTLS(s)}, {"TCP", passesTCP(s)}} {
			if kind.is {
				got = append(got, kind.name)
			}
		}
		if !slices.Equal(tt.want, got) {
			t.Errorf("%s: -want +got:\n%s", tt.server, cmp.Diff(tt.want, got))
		}
	}
}
