package settings

import (
	"math"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
)

// The ports that Ditto listens on. Sources: gateway.conf; ditto-http.conf, ditto-pekko-config.conf and
// ditto-metrics.conf in Ditto's internal/utils/config; reference.conf of Pekko Management; and the <service>-dev.conf
// files.
var (
	// GatewayHTTPPort is the gateway's port for everything but the cluster.
	GatewayHTTPPort = &Binding{
		Path: "ditto.gateway.http.port", Refs: []string{"HTTP_PORT", "PORT"}, Default: "8080", HasDefault: true,
		OfImage:     true,
		Development: map[string]Assigned{Gateway: {"8080", []string{"HTTP_PORT"}}},
	}
	// HTTPPort is the port of every other service, for its status.
	HTTPPort = &Binding{
		Path: "ditto.http.port", Refs: []string{"HTTP_PORT", "PORT"}, Default: "8080", HasDefault: true, OfImage: true,
		Development: map[string]Assigned{
			Connectivity: {"8085", []string{"HTTP_PORT"}},
			Policies:     {"8120", []string{"HTTP_PORT"}},
			Things:       {Value: "8090"},
			Search:       {Value: "8130"},
		},
	}
	// RemotingPort is the port that other members of the cluster are told.
	RemotingPort = &Binding{
		Path: "pekko.remote.artery.canonical.port", Formerly: "akka.remote.artery.canonical.port",
		Refs: []string{"REMOTE_PORT"}, Default: "2551", HasDefault: true,
		Development: map[string]Assigned{
			Gateway:      {"2562", []string{"REMOTE_PORT"}},
			Connectivity: {"2561", []string{"REMOTE_PORT"}},
			Policies:     {"2552", []string{"REMOTE_PORT"}},
			Things:       {"2553", []string{"REMOTE_PORT"}},
			Search:       {"2557", []string{"REMOTE_PORT"}},
		},
	}
	// RemotingBindPort is the port listened on where it is another one; empty means the same.
	RemotingBindPort = &Binding{
		Path: "pekko.remote.artery.bind.port", Formerly: "akka.remote.artery.bind.port",
		Refs: []string{"BIND_REMOTE_PORT"}, Default: "", HasDefault: true,
	}
	// ManagementPort is the port of Pekko Management.
	ManagementPort = &Binding{
		Path: "pekko.management.http.port", Formerly: "akka.management.http.port", Default: "7626", HasDefault: true,
		Development: map[string]Assigned{
			Gateway:      {Value: "25620"},
			Connectivity: {"25610", []string{"PEKKO_MANAGEMENT_PORT"}},
			Policies:     {Value: "25520"},
			Things:       {Value: "25530"},
			Search:       {Value: "25570"},
		},
	}
	// ManagementBindPort is the port listened on where it is another one; empty means the same.
	ManagementBindPort = &Binding{Path: "pekko.management.http.bind-port", Formerly: "akka.management.http.bind-port",
		Default: "", HasDefault: true}
	// PrometheusEnabled says whether metrics are served.
	PrometheusEnabled = &Binding{
		Path: "ditto.metrics.prometheus.enabled", Refs: []string{"PROMETHEUS_ENABLED"}, Default: "true",
		HasDefault: true,
	}
	// PrometheusPort is the port of the metrics.
	PrometheusPort = &Binding{
		Path: "ditto.metrics.prometheus.port", Refs: []string{"PROMETHEUS_PORT"}, Default: "9095", HasDefault: true,
		Development: map[string]Assigned{
			Gateway:      {Value: "9015"},
			Connectivity: {"9014", []string{"PROMETHEUS_PORT"}},
			Policies:     {"9010", []string{"PROMETHEUS_PORT"}},
			Things:       {Value: "9011"},
			Search:       {Value: "9013"},
		},
	}
)

// Port is a port that a container listens on.
type Port struct {
	// Number is 1 to 65535, or 0 if it is not known (Why says why) or nothing listens (Why is empty).
	Number int32
	Source string
	Why    string
}

// Ports are the ports that a Ditto service listens on.
type Ports struct{ HTTP, Remoting, Management, Prometheus Port }

// Ports reads the ports of the container's service.
func (s *Settings) Ports() Ports {
	http := HTTPPort
	if s.service == Gateway {
		http = GatewayHTTPPort
	}
	p := Ports{
		HTTP:       port(s.Lookup(http)),
		Remoting:   s.bound(RemotingBindPort, RemotingPort),
		Management: s.bound(ManagementBindPort, ManagementPort),
		Prometheus: port(s.Lookup(PrometheusPort)),
	}
	if enabled := Boolean(s.Lookup(PrometheusEnabled)); enabled.State == tri.Off {
		p.Prometheus = Port{Source: enabled.Source}
	}
	return p
}

// bound reads a port that is given apart from the one that others are told, or else that one.
func (s *Settings) bound(bind, told *Binding) Port {
	v := s.Lookup(bind)
	if v.State != Unknown && v.raw() == "" {
		v = s.Lookup(told)
	}
	return port(v)
}

func port(v Value) Port {
	p := Port{Source: v.Source, Why: v.Why}
	if v.State == Unknown {
		return p
	}
	number, ok := integer(v.raw())
	if !ok || number < 1 || number > math.MaxUint16 {
		p.Why = v.shown() + " is not a port"
		return p
	}
	p.Number = int32(number)
	return p
}

// integer reads a text as Typesafe Config's getInt does: 8080, but also ` 8080`, 8080.0 and 8.08e3, which is cut off at
// the point.
func integer(text string) (int64, bool) {
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number, true
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.Abs(number) > math.MaxInt32 {
		return 0, false
	}
	return int64(number), true
}
