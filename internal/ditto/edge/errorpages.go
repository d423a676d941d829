package edge

import (
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ReadErrorPages reads the error pages of an Ingress.
func ReadErrorPages(in way.Input) way.ErrorPages {
	if read := controllerByName(in.Class.Controller).ErrorPages; read != nil {
		return read(in)
	}
	return way.ErrorPages{}
}
