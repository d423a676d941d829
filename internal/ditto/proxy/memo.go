package proxy

import (
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
)

// known is what was worked out in one view.
type known struct {
	proxies map[recognize.PartID]*Proxy
	// asking is how deep the question is what a service does with everyone; see Asked.
	asking int
}

var memo = world.NewMemo(func() *known { return &known{proxies: map[recognize.PartID]*Proxy{}} })
