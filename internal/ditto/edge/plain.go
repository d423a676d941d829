package edge

import "strings"

// plainEdge is the reading of a controller that changes headers, asks for credentials and rewrites paths only through
// objects that an annotation refers to. As long as it refers to none, the client's header arrives.
type plainEdge struct {
	// refers are annotations, with their prefix, that can change headers; asks those that can ask for credentials. They are
	// looked for at the Ingress and at the Service.
	refers, asks []string
	// strip and hide are the advice.
	strip, hide string
	// assumption says which invisible setting could change the reading; empty if none can.
	assumption string
}

func (p plainEdge) effects(in Input) Effects {
	e := Effects{
		Identity:       State{IdentityClient, "default", "no annotation changes the header"},
		Authentication: State{Off, "default", "no annotation asks for credentials"},
		HidesHeaders:   State{Unknown, "default", "what becomes of Server and version headers cannot be told from the Ingress"},
		StripAdvice:    p.strip,
		HideAdvice:     p.hide,
	}
	if p.assumption != "" {
		e.Assumptions = []string{p.assumption}
	}
	if key := in.refersTo(p.refers); key != "" {
		e.Identity = State{IdentityUnknown, key, key + " refers to something that can change the header, and is not read"}
		e.Assumptions = nil
	}
	if key := in.refersTo(p.asks); key != "" {
		e.Authentication = State{Unknown, key, key + " refers to something that can ask for credentials, and is not read"}
	}
	e.StripsIdentity = strips(e.Identity)
	return e
}

// rewrite is unknown where one of the annotations that change paths is there.
func (in Input) rewrite(keys ...string) Rewrite {
	if key := in.refersTo(keys); key != "" {
		return rewriteUnknown(key + " can change the path, and is not evaluated")
	}
	return Rewrite{}
}

// refersTo returns the first of the annotations that the Ingress or the Service has; a key that ends in `*` is a prefix.
func (in Input) refersTo(keys []string) string {
	for _, all := range []map[string]string{in.Ingress.Annotations, in.ServiceAnnotations} {
		for _, key := range keys {
			prefix, open := strings.CutSuffix(key, "*")
			if !open && strings.TrimSpace(all[key]) != "" {
				return key
			}
			if !open {
				continue
			}
			for _, have := range keysOf(all) {
				if strings.HasPrefix(have, prefix) {
					return have
				}
			}
		}
	}
	return ""
}
