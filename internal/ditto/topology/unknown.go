package topology

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Question is something about a workload that could not be read, and what would settle it.
type Question struct {
	What, Message string
}

// Unknowns are what could not be read of a workload that is, or may well be, a proxy in front of Ditto. An nginx that
// has nothing to do with Ditto is left alone, readable or not.
func Unknowns(v *world.View, o *inventory.Object) []Question {
	var list []Question
	if message := memo.Of(v).mentioned[o.Ref.ID()]; message != "" {
		list = append(list, Question{What: "whether it leads to Ditto", Message: message})
	}
	for _, part := range recognize.Named(v.Parts(o), recognize.Proxy) {
		p := proxy.Read(v, part)
		unreadable := slices.Concat(p.Hidden, p.Unreadable)
		anywhere := recognize.IsTunnel(part.Software) && v.RunsDitto("")
		// Of others there is something to say only where clients outside reach them, and then the rules say it.
		read := part.Software == recognize.NginxSoftware || part.Software == recognize.Oauth2Software
		if len(unreadable) == 0 || !anywhere && (!read || !v.BesideDitto(part)) {
			continue
		}
		list = append(list, Question{
			What:    "what the proxy forwards",
			Message: strings.Join(unreadable, "; "),
		})
	}
	return list
}
