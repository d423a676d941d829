package f5

import (
	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func f5ErrorPages(in way.Input) way.ErrorPages {
	var pages way.ErrorPages
	all := f5Annotations(in)
	nginx.Snippets(&pages, all, "location-snippets", way.PrefixF5Nginx)
	nginx.Snippets(&pages, all, "server-snippets", way.PrefixF5Nginx)
	return pages
}
