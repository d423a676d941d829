package proxy

import (
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
)

// known is what was worked out in one view.
type known struct {
	proxies map[recognize.PartID]*Proxy
	// asking are the questions that are being followed of what a service does with everyone, each because of the one
	// before; see Asked.
	asking []way.AskedService
}

var memo = world.NewMemo(func() *known { return &known{proxies: map[recognize.PartID]*Proxy{}} })
