package facts

import "strings"

// About names what a way in is about: the object that opens it, and what it leads to. Ways of the same identity are
// compared by the requests that they let in (View.Requests).
func (e *Exposure) About() string {
	return strings.Join([]string{e.Entry.Ref().ID().String(), e.Target.Ref().ID().String(), e.Component, e.Port}, "|")
}

// KindProxy is the Exposure.Kind of a way that begins at a proxy inside the cluster.
const KindProxy = "Proxy"

// KindUnread is the Exposure.Kind of ways in that there may be and that cannot be followed: through objects of kinds
// that cannot be read, or more of them than are followed.
const KindUnread = "Unread"
