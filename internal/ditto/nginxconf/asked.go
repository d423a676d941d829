package nginxconf

import (
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
)

// askedBy are the services that the location of a subrequest forwards to, if that is all it does.
func (c *Config) askedBy(loc *scope, uri string) []Asked {
	list := loc.own["proxy_pass"]
	if len(list) == 0 || len(loc.own["if"]) > 0 || len(loc.own["rewrite"]) > 0 {
		return nil
	}
	text, err := expr.Parse(list[len(list)-1].Arg(0))
	if err != nil {
		return nil
	}
	d := c.destination(text)
	path, constant := d.uri.Constant()
	if !d.ok || !constant {
		return nil
	}
	if rest, below := strings.CutPrefix(uri, loc.name); path == "" || loc.re != nil || loc.named || !below {
		path = uri
	} else {
		path += rest
	}
	path, _, _ = strings.Cut(path, "?")
	var asked []Asked
	for _, t := range d.targets {
		if !t.Unix && !t.Variable {
			asked = append(asked, Asked{t, path})
		}
	}
	return asked
}
