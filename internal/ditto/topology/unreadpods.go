package topology

import (
	"bytes"
	"fmt"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/unread"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// UnreadParts says of an object that is not read which part of Ditto runs in the pods that it describes, or which proxy
// near one; empty if there is none. Near a Ditto it says as well of a pod's template that is none.
func UnreadParts(v *world.View, o *inventory.Object) string {
	pods, broken := unread.Pods(o)
	if len(pods) == 0 {
		return ""
	}
	why, fix := unread.Version(o), "check it by hand"
	if why == "" {
		why = unread.KindNotRead
	} else {
		current := unread.CurrentKind(o.Ref.GroupKind())
		fix = "write it as " + current.WithVersion(unread.VersionsRead(current)[0]).GroupVersion().String()
	}
	for _, pod := range pods {
		for _, part := range recognize.Parts(v, pod) {
			runs := ""
			switch {
			case recognize.IsDitto(part.Component):
				runs = "Ditto's " + part.Component
				if part.Component == recognize.Service {
					runs = "a service of Ditto"
				}
			case part.Component == recognize.Proxy && v.BesideDitto(part):
				runs = part.Software
			default:
				continue
			}
			return fmt.Sprintf("%s, and %s runs in it (container %s); %s", why, runs, part.Container.Name, fix)
		}
	}
	if broken != nil && (v.RunsDitto(o.Ref.Namespace) || bytes.Contains(bytes.ToLower(o.Raw()), []byte("ditto"))) {
		return reason.Of("pod-not-valid", why, broken, fix)
	}
	return ""
}
