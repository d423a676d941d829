package podspec

import (
	"net/netip"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	netutils "k8s.io/utils/net"
)

// IsOwn says whether a host that something in a pod connects to is that pod: loopback in any of its spellings. The
// address that stands for no address is loopback to whoever connects to it (Linux), and the names are those that the
// kubelet writes into a pod's hosts file, with those that are reserved for it (RFC 6761).
func IsOwn(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	switch host {
	case "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback":
		return true
	}
	address, ok := parseAddress(host)
	return strings.HasSuffix(host, ".localhost") || ok && (address.IsLoopback() || address.IsUnspecified())
}

// IsLoopbackAddress says whether an address that something is bound to is reached from its own host alone.
func IsLoopbackAddress(host string) bool {
	address, ok := parseAddress(host)
	return ok && address.IsLoopback()
}

// parseAddress reads an IP address as resolvers do: IPv6 with or without brackets, mapped IPv4 as what it maps, and the
// older spellings of IPv4, of one to four numbers, decimal, octal or hexadecimal, of which the last fills up the rest
// (inet_aton(3)).
func parseAddress(host string) (netip.Addr, bool) {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if host == "" || (host[0] < '0' || host[0] > '9') && !strings.Contains(host, ":") {
		return netip.Addr{}, false // a name, as most are
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.WithZone("").Unmap(), true
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var all uint64
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		if part == "" || part[0] < '0' || part[0] > '9' {
			return netip.Addr{}, false
		}
		n, err := strconv.ParseUint(part, 0, bits)
		if err != nil || strings.ContainsAny(part, "_oObB") && !strings.HasPrefix(strings.ToLower(part), "0x") {
			return netip.Addr{}, false
		}
		all = all<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(all >> 24), byte(all >> 16), byte(all >> 8), byte(all)}), true
}

// Canonical is a host as the indices know it: lower case, without a dot at its end, an address in its usual spelling,
// and the address itself where the name is that of a pod's address (`10-1-2-3.ns.pod.cluster.local`).
//
// Source: Kubernetes DNS specification; CoreDNS, plugin kubernetes, "pods insecure".
func Canonical(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if address, ok := parseAddress(host); ok {
		return address.String()
	}
	if labels := strings.Split(host, "."); len(labels) >= 3 && labels[2] == "pod" {
		for _, separator := range []string{".", ":"} {
			if address, ok := parseAddress(strings.ReplaceAll(labels[0], "-", separator)); ok {
				return address.String()
			}
		}
	}
	return host
}

// Address is an IP address of an object as the indices know it, in its usual spelling. Kubernetes reads it otherwise
// than resolvers read a host: leading zeros are of no meaning (k8s.io/utils/net, ParseIPSloppy).
func Address(text string) string {
	if address, ok := netip.AddrFromSlice(netutils.ParseIPSloppy(text)); ok {
		return address.Unmap().String()
	}
	return text
}

// SeenFrom is the host that a name means in a pod, whose own hosts file comes before any DNS.
func SeenFrom(spec *corev1.PodSpec, host string) string {
	host = Canonical(host)
	for i := range spec.HostAliases {
		for _, name := range spec.HostAliases[i].Hostnames {
			if Canonical(name) == host {
				return Canonical(spec.HostAliases[i].IP)
			}
		}
	}
	if host == spec.Hostname && host != "" {
		return "127.0.0.1"
	}
	return host
}

// IsAddress says whether a host is an IP address and no name.
func IsAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
