package edge

import (
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ReadRate says whether the edge of an Ingress limits requests.
func ReadRate(in way.Input) way.Rate {
	r := controllerByName(in.Class.Controller).Rate(in)
	if r.Limited.State == way.On {
		r.Advice = ""
	}
	if r.Limited.State != way.Off {
		r.Annotations = nil
	}
	return r
}
