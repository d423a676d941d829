package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
	"github.com/dittoguard/dittoguard/webhook"
)

// Where the objects of the cluster take more than many bytes, `serve` lets less garbage come up before it collects it
// than Go does by default: garbage, in percent of what is in use. That is nearly all those objects, which stay, so half
// takes a quarter less memory. Of few objects there is little to gain, and each request would wait for a collection
// twice as often. $GOGC says otherwise.
const (
	many    = 100 << 20
	garbage = 50
)

// frugal returns what starting took, and has a process with many objects need less memory than Go's defaults do.
func frugal(world *cluster.Cluster) webhook.Component {
	return webhook.Component{Name: "memory", Start: func(ctx context.Context) error {
		if world.WaitForSync(ctx) == nil {
			debug.FreeOSMemory() // reading everything needs more than keeping it
			var stats runtime.MemStats
			if runtime.ReadMemStats(&stats); stats.HeapAlloc > many && os.Getenv("GOGC") == "" {
				debug.SetGCPercent(garbage)
			}
		}
		return nil
	}}
}
