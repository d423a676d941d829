package podspec

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestIsOwn(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "localhost.": true, "LOCALHOST": true, "app.localhost": true, "ip6-loopback": true,
		"127.0.0.1": true, "127.9.9.9": true, "0.0.0.0": true, "0": true, "::1": true, "[::1]": true, "::": true,
		"::ffff:127.0.0.1": true, "[::ffff:7f00:1]": true, "0:0:0:0:0:0:0:1": true,
		"2130706433": true, "0x7f.1": true, "127.1": true, "0177.0.0.1": true, "0x7f000001": true,

		"": false, "gateway": false, "localhost.example.com": false, "128.0.0.1": false, "::2": false, "127.0.0.256": false,
		"127.0.0.0.1": false, "1270.0.0.1": false, "0o177.1": false, "127.0_1": false, "127..1": false, "-1": false,
	} {
		if got := IsOwn(host); got != want {
			t.Errorf("isOwn(%q) = %v", host, got)
		}
	}
	for host, want := range map[string]bool{"127.0.0.1": true, "::ffff:127.0.0.1": true, "0.0.0.0": false, "": false, "::": false} {
		if got := IsLoopbackAddress(host); got != want {
			t.Errorf("isLoopbackAddress(%q) = %v", host, got)
		}
	}
}

func TestCanonical(t *testing.T) {
	for host, want := range map[string]string{
		"Gateway.Ditto.": "gateway.ditto", "10.96.1.2": "10.96.1.2", "::ffff:10.96.1.2": "10.96.1.2", "FD00:0::1": "fd00::1",
		"10-1-2-3.ditto.pod.cluster.local": "10.1.2.3", "fd00--1.ditto.pod": "fd00::1", "a-b.ditto.pod": "a-b.ditto.pod",
	} {
		if got := Canonical(host); got != want {
			t.Errorf("canonical(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"10.96.7.7": "10.96.7.7", "010.096.007.007": "10.96.7.7", "::ffff:10.96.7.7": "10.96.7.7", "FD00:0:0::000A": "fd00::a",
		"": "", "None": "None", "127.1": "127.1",
	} {
		if got := Address(text); got != want {
			t.Errorf("address(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSeenFrom(t *testing.T) {
	spec := &corev1.PodSpec{Hostname: "me", HostAliases: []corev1.HostAlias{{IP: "10.96.1.2", Hostnames: []string{"api", "api.example.com"}}}}
	for host, want := range map[string]string{"API": "10.96.1.2", "api.example.com.": "10.96.1.2", "gateway": "gateway", "me": "127.0.0.1"} {
		if got := SeenFrom(spec, host); got != want {
			t.Errorf("seenFrom(%q) = %q, want %q", host, got, want)
		}
	}
}
