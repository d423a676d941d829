package edge

// handedOn is the transport of an entry that hands connections on; plain is what plain HTTP meets there, served where what
// is behind sees it.
func handedOn(plain State, advice string) Transport {
	return Transport{TLS: State{Unknown, plain.Source, "what is behind decides"}, Plain: plain, Passthrough: true, Advice: advice}
}

// unreadRate is the rate of an entry that hands connections on.
func unreadRate(advice string) Rate {
	return Rate{Limited: State{Off, "default", "connections are handed on, and no requests are read"}, Advice: advice}
}

// settled has no advice where requests are limited.
func (r Rate) settled() Rate {
	if r.Limited.State == On {
		r.Advice = ""
	}
	return r
}

// doubt makes unknown what is certain only if somebody gets in.
func (t *Transport) doubt(why string) {
	if t.TLS.State == Off {
		t.TLS = State{Unknown, t.TLS.Source, why}
	}
	if t.Plain.State == PlainServed {
		t.Plain = State{Unknown, t.Plain.Source, why}
	}
}

func (r *Rate) doubt(why string) {
	if r.Limited.State == Off {
		r.Limited = State{Unknown, r.Limited.Source, why}
	}
}
