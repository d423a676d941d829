package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/dittoguard/dittoguard/internal/inventory/cluster"
	"github.com/dittoguard/dittoguard/webhook"
)

// garbage is how much garbage `serve` lets come up before it collects it, in percent of what is in use. Nearly all of
// that is objects of the cluster, which stay. Half of Go's default takes a quarter less memory, and a quarter more CPU
// while everything is judged; otherwise there is little garbage. $GOGC says otherwise.
const garbage = 50

// frugal has the process need less memory than Go's defaults do, and returns what starting took.
func frugal(world *cluster.Cluster) webhook.Component {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	return webhook.Component{Name: "memory", Start: func(ctx context.Context) error {
		if world.WaitForSync(ctx) == nil {
			debug.FreeOSMemory() // reading everything needs more than keeping it
		}
		return nil
	}}
}
