package bench

import (
	"context"
	"flag"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// objects are how many there are for BenchmarkAudit. 100,000 take a while: `go test ./test/bench -run '^$' -bench Audit -objects 100000`.
var objects = flag.Int("objects", 10_000, "how many objects there are for BenchmarkAudit")

// BenchmarkAudit measures what the continuous audit costs `serve` beside so many objects: CPU while nothing changes, for a pass over everything, and
// for a change of something that is no part of Ditto and of the gateway; and memory. ns/op says nothing.
func BenchmarkAudit(b *testing.B) {
	f := need(b)
	began := time.Now()
	if err := f.fill(b.Context(), *objects); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "s-fill")
	f.restart(b, true, "--audit-interval=1m", "--settle=1s")
	f.await(b, "start", 1)
	for b.Loop() {
		const idle, changes = 40 * time.Second, 200
		passes := f.passes(b, "interval")
		// Whatever is left of the start, garbage included, is over after the first pass.
		f.await(b, "interval", passes+1)
		time.Sleep(5 * time.Second)
		resting := f.processor(b)
		time.Sleep(idle)
		rest := (f.processor(b) - resting) / idle.Seconds()
		if got := f.passes(b, "interval"); got != passes+1 {
			b.Logf("%.0f passes while nothing should have happened", got-passes-1)
		}
		b.ReportMetric(1000*rest, "ms-CPU/s-idle")
		resident := f.resident(b)
		b.ReportMetric(resident["VmRSS"], "MiB")
		b.ReportMetric(resident["RssAnon"], "MiB-anon")
		b.ReportMetric(resident["VmHWM"], "MiB-peak")
		b.ReportMetric(f.metric(b, "go_gc_heap_live_bytes")/(1<<20), "MiB-live")

		before, at := f.processor(b), time.Now()
		f.await(b, "interval", passes+2)
		b.ReportMetric(f.processor(b)-before-rest*time.Since(at).Seconds(), "s-CPU/pass")

		for what, change := range map[string]func(context.Context, int) error{
			"elsewhere": func(ctx context.Context, i int) error { return f.relabel(ctx, crowd, "app-8", i) },
			"ditto":     func(ctx context.Context, i int) error { return f.relabel(ctx, dittoguard, "twins-logback-gateway", i) },
		} {
			// One pass more or less would count for more than all changes.
			f.await(b, "interval", f.passes(b, "interval")+1)
			before, at := f.processor(b), time.Now()
			for i := range changes {
				if err := change(b.Context(), i); err != nil {
					b.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(3 * time.Second)
			b.ReportMetric(1000*(f.processor(b)-before-rest*time.Since(at).Seconds())/changes, "ms-CPU/change-"+what)
		}
	}
}

// relabel changes a ConfigMap in something that decides nothing.
func (f *fixture) relabel(ctx context.Context, namespace, name string, i int) error {
	o := &corev1.ConfigMap{}
	o.Namespace, o.Name = namespace, name
	return f.Client.Patch(ctx, o, client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"data": {"note": "%d"}}`, i)))
}

// metric is a value of `serve`; it is zero where there is none.
func (f *fixture) metric(b *testing.B, name string) float64 {
	b.Helper()
	text, err := f.serve.Metrics(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		b.Fatal(err)
	}
	return value
}

// processor are the seconds of CPU that `serve` has used.
func (f *fixture) processor(b *testing.B) float64 {
	b.Helper()
	return f.metric(b, "process_cpu_seconds_total")
}

func (f *fixture) passes(b *testing.B, why string) float64 {
	b.Helper()
	return f.metric(b, `dittoguard_audit_passes_total{why="`+why+`"}`)
}

// await waits until there were so many passes.
func (f *fixture) await(b *testing.B, why string, n float64) {
	b.Helper()
	for f.passes(b, why) < n {
		if b.Context().Err() != nil {
			b.Fatal(b.Context().Err())
		}
		time.Sleep(200 * time.Millisecond)
	}
}
