package f5

import (
	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func f5ErrorPages(in way.Input) way.ErrorPages {
	var pages way.ErrorPages
	all := f5Annotations(in)
	nginx.Snippets(&pages, all, "location-snippets", Prefix)
	nginx.Snippets(&pages, all, "server-snippets", Prefix)
	return pages
}
