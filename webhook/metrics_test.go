package webhook

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	var m Recorder = NewMetrics(registry)
	m.Decision("edge-tls", ModeWarn, DecisionAllow)
	m.Decision("preauth-exposed", ModeEnforce, DecisionDeny)
	m.Decision("preauth-exposed", ModeEnforce, DecisionDeny)
	m.Duration("validate", "CREATE", true, 3*time.Millisecond)
	m.Duration("validate", "made up by a client", false, 20*time.Second)
	m.RuleError()
	m.LiveRead(true)
	m.LiveRead(false)
	m.LiveRequest(true)
	m.LiveRequest(true)
	m.LiveRequest(false)
	m.InFlight(1)
	m.InFlight(1)
	m.InFlight(-1)
	m.TurnedAway()
	for _, status := range []int{http.StatusOK, http.StatusInternalServerError, http.StatusInternalServerError} {
		m.Responses(ValidatePath, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })).
			ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, ValidatePath, nil))
	}
	m.Reload(true, time.Unix(1700000000, 0))
	m.Reload(false, time.Unix(1800000000, 0))
	want := `
# HELP dittoguard_admission_decisions_total Findings in admission requests, by rule, mode and what became of the request. Rules without a finding are not counted.
# TYPE dittoguard_admission_decisions_total counter
dittoguard_admission_decisions_total{decision="allow",mode="warn",rule="edge-tls"} 1
dittoguard_admission_decisions_total{decision="deny",mode="enforce",rule="preauth-exposed"} 2
# HELP dittoguard_admission_duration_seconds Time to answer an admission request; fresh says whether objects were read live for it. Decoding the review is not included.
# TYPE dittoguard_admission_duration_seconds histogram
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.0005"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.001"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.0025"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.005"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.01"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.025"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.05"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.1"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.25"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="0.5"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="1"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="2.5"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="5"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="10"} 0
dittoguard_admission_duration_seconds_bucket{fresh="false",operation="other",webhook="validate",le="+Inf"} 1
dittoguard_admission_duration_seconds_sum{fresh="false",operation="other",webhook="validate"} 20
dittoguard_admission_duration_seconds_count{fresh="false",operation="other",webhook="validate"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.0005"} 0
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.001"} 0
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.0025"} 0
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.005"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.01"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.025"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.05"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.1"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.25"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="0.5"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="1"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="2.5"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="5"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="10"} 1
dittoguard_admission_duration_seconds_bucket{fresh="true",operation="CREATE",webhook="validate",le="+Inf"} 1
dittoguard_admission_duration_seconds_sum{fresh="true",operation="CREATE",webhook="validate"} 0.003
dittoguard_admission_duration_seconds_count{fresh="true",operation="CREATE",webhook="validate"} 1
# HELP dittoguard_admission_in_flight Admission requests that are being judged.
# TYPE dittoguard_admission_in_flight gauge
dittoguard_admission_in_flight 1
# HELP dittoguard_admission_turned_away_total Admission requests that were not judged because too many others were being judged.
# TYPE dittoguard_admission_turned_away_total counter
dittoguard_admission_turned_away_total 1
# HELP dittoguard_config_reload_success 1 if the configuration in force is the one in the file, 0 if the file is broken and an older one is kept.
# TYPE dittoguard_config_reload_success gauge
dittoguard_config_reload_success 0
# HELP dittoguard_config_reload_success_timestamp_seconds When the configuration in force was loaded, in seconds since 1970.
# TYPE dittoguard_config_reload_success_timestamp_seconds gauge
dittoguard_config_reload_success_timestamp_seconds 1.7e+09
# HELP dittoguard_config_reloads_total Attempts to load the configuration, the first one included, by result (ok, error).
# TYPE dittoguard_config_reloads_total counter
dittoguard_config_reloads_total{result="error"} 1
dittoguard_config_reloads_total{result="ok"} 1
# HELP dittoguard_http_responses_total HTTP responses of the webhooks, by status. A refusal is a 200; a request that was not judged is a 500, one that was turned away a 429.
# TYPE dittoguard_http_responses_total counter
dittoguard_http_responses_total{code="200",webhook="validate"} 1
dittoguard_http_responses_total{code="429",webhook="validate"} 0
dittoguard_http_responses_total{code="500",webhook="validate"} 2
# HELP dittoguard_live_reads_total Rounds of live reads before an answer, by result (ok, error). One round is several API requests.
# TYPE dittoguard_live_reads_total counter
dittoguard_live_reads_total{result="error"} 1
dittoguard_live_reads_total{result="ok"} 1
# HELP dittoguard_live_requests_total Requests to the API server in rounds of live reads, by result (ok, error). Those that several reviews share count once.
# TYPE dittoguard_live_requests_total counter
dittoguard_live_requests_total{result="error"} 1
dittoguard_live_requests_total{result="ok"} 2
# HELP dittoguard_rule_errors_total Judgements that ended in an error or a panic.
# TYPE dittoguard_rule_errors_total counter
dittoguard_rule_errors_total 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}
