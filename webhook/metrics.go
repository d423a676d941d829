package webhook

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The values of the mode label: why a finding was looked for.
const (
	ModeEnforce = "enforce"
	ModeWarn    = "warn"
	ModeAudit   = "audit"
)

// The values of the decision label: what became of the request.
const (
	DecisionAllow = "allow"
	DecisionDeny  = "deny"
	// DecisionBreakGlass: it would have been denied, and was let in.
	DecisionBreakGlass = "break-glass"
)

// Recorder counts what the webhook does. Rule names are the only free labels; they come from the configuration. Nothing
// is labelled with the name of an object or a user.
type Recorder interface {
	// Decision counts one finding of a rule, by its mode and by what became of the request.
	Decision(rule, mode, decision string)
	// Duration observes one request, failed ones included. fresh says that something was read live for it.
	Duration(webhook, operation string, fresh bool, d time.Duration)
	// RuleError counts a judgement that ended in an error or a panic.
	RuleError()
	// LiveRead counts one round of live reads.
	LiveRead(ok bool)
	// LiveRequest counts one request to the API server of such a round.
	LiveRequest(ok bool)
	// InFlight counts the requests that are being judged.
	InFlight(change int)
	// TurnedAway counts a request that was not judged because too many others were.
	TurnedAway()
	// Responses returns a handler that counts the responses of next by HTTP status; webhook is the path of next.
	Responses(webhook string, next http.Handler) http.Handler
	// Reload counts one attempt to load a changed configuration.
	Reload(ok bool, at time.Time)
}

type noRecorder struct{}

func (noRecorder) Decision(string, string, string)                    {}
func (noRecorder) Duration(string, string, bool, time.Duration)       {}
func (noRecorder) RuleError()                                         {}
func (noRecorder) LiveRead(bool)                                      {}
func (noRecorder) LiveRequest(bool)                                   {}
func (noRecorder) InFlight(int)                                       {}
func (noRecorder) TurnedAway()                                        {}
func (noRecorder) Responses(_ string, next http.Handler) http.Handler { return next }
func (noRecorder) Reload(bool, time.Time)                             {}

// Metrics is the Recorder on Prometheus.
type Metrics struct {
	decisions  *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	ruleErrors prometheus.Counter
	liveReads  *prometheus.CounterVec
	requests   *prometheus.CounterVec
	inFlight   prometheus.Gauge
	turnedAway prometheus.Counter
	responses  *prometheus.CounterVec
	reloads    *prometheus.CounterVec
	reloadOK   prometheus.Gauge
	reloadTime prometheus.Gauge
}

// NewMetrics makes the metrics and registers them. It panics if they are registered already.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dittoguard_admission_decisions_total",
			Help: "Findings in admission requests, by rule, mode and what became of the request. Rules without a finding are not counted.",
		}, []string{"rule", "mode", "decision"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "dittoguard_admission_duration_seconds",
			Help:    "Time to answer an admission request; fresh says whether objects were read live for it. Decoding the review is not included.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"webhook", "operation", "fresh"}),
		ruleErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dittoguard_rule_errors_total",
			Help: "Judgements that ended in an error or a panic.",
		}),
		liveReads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dittoguard_live_reads_total",
			Help: "Rounds of live reads before an answer, by result (ok, error). One round is several API requests.",
		}, []string{"result"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dittoguard_live_requests_total",
			Help: "Requests to the API server in rounds of live reads, by result (ok, error). Those that several reviews share count once.",
		}, []string{"result"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dittoguard_admission_in_flight",
			Help: "Admission requests that are being judged.",
		}),
		turnedAway: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dittoguard_admission_turned_away_total",
			Help: "Admission requests that were not judged because too many others were being judged.",
		}),
		responses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dittoguard_http_responses_total",
			Help: "HTTP responses of the webhooks, by status. A refusal is a 200; a request that was not judged is a 500, one that was turned away a 429.",
		}, []string{"webhook", "code"}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dittoguard_config_reloads_total",
			Help: "Attempts to load the configuration, the first one included, by result (ok, error).",
		}, []string{"result"}),
		reloadOK: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dittoguard_config_reload_success",
			Help: "1 if the configuration in force is the one in the file, 0 if the file is broken and an older one is kept.",
		}),
		reloadTime: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dittoguard_config_reload_success_timestamp_seconds",
			Help: "When the configuration in force was loaded, in seconds since 1970.",
		}),
	}
	registry.MustRegister(m.decisions, m.durations, m.ruleErrors, m.liveReads, m.requests, m.inFlight, m.turnedAway,
		m.responses, m.reloads, m.reloadOK, m.reloadTime)
	return m
}

// Decision implements Recorder.
func (m *Metrics) Decision(rule, mode, decision string) {
	m.decisions.WithLabelValues(rule, mode, decision).Inc()
}

// Duration implements Recorder.
func (m *Metrics) Duration(webhook, operation string, fresh bool, d time.Duration) {
	switch operation {
	case "CREATE", "UPDATE", "DELETE", "CONNECT":
	default:
		operation = "other"
	}
	read := "false"
	if fresh {
		read = "true"
	}
	m.durations.WithLabelValues(webhook, operation, read).Observe(d.Seconds())
}

// RuleError implements Recorder.
func (m *Metrics) RuleError() { m.ruleErrors.Inc() }

// LiveRead implements Recorder.
func (m *Metrics) LiveRead(ok bool) { m.liveReads.WithLabelValues(result(ok)).Inc() }

// LiveRequest implements Recorder.
func (m *Metrics) LiveRequest(ok bool) { m.requests.WithLabelValues(result(ok)).Inc() }

// InFlight implements Recorder.
func (m *Metrics) InFlight(change int) { m.inFlight.Add(float64(change)) }

// TurnedAway implements Recorder.
func (m *Metrics) TurnedAway() { m.turnedAway.Inc() }

// Responses implements Recorder.
func (m *Metrics) Responses(webhook string, next http.Handler) http.Handler {
	counter := m.responses.MustCurryWith(prometheus.Labels{"webhook": strings.TrimPrefix(webhook, "/")})
	for _, code := range []string{"200", "429", "500"} {
		counter.WithLabelValues(code) // there from the start, so that a rate can be told
	}
	return promhttp.InstrumentHandlerCounter(counter, next)
}

// Reload implements Recorder.
func (m *Metrics) Reload(ok bool, at time.Time) {
	m.reloads.WithLabelValues(result(ok)).Inc()
	m.reloadOK.Set(0)
	if ok {
		m.reloadOK.Set(1)
		m.reloadTime.Set(float64(at.Unix()))
	}
}

func result(ok bool) string {
	if ok {
		return "ok"
	}
	return "error"
}
