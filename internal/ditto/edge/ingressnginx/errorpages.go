package ingressnginx

import (
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ingressNginxErrorPages: answers with the codes of custom-http-errors come from a default backend
// (internal/ingress/annotations/customhttperrors; a list with anything but numbers in it is ignored).
func ingressNginxErrorPages(in way.Input, a way.Annotations) way.ErrorPages {
	var pages way.ErrorPages
	codes := errorCodes(a["custom-http-errors"])
	if why := someUnseen(in); why != "" {
		pages.Unknown = append(pages.Unknown, why)
	}
	if c, told := someConfig(in,
		func(c way.GlobalConfig) bool { return len(errorCodes(c.Data["custom-http-errors"])) > 0 }); told &&
		len(codes) == 0 {
		// Those of an Ingress take their place (rootfs/etc/nginx/template/nginx.tmpl).
		pages.Unknown = append(pages.Unknown, reason.Of("default-backend-makes-pages", c.In("custom-http-errors")))
	}
	if len(codes) > 0 {
		pages.Unknown = append(pages.Unknown,
			reason.Of("default-backend-makes-pages", way.PrefixIngressNginx+"custom-http-errors"))
	}
	// CVE-2026-24513, fixed in 1.13.7, 1.14.3 and 1.15.0; the configuration tells releases apart no closer than that.
	v, stated := in.Version()
	if a.Has("auth-url") && !(stated && v.AtLeast(1, 15)) && (codes["401"] || codes["403"]) {
		pages.Bypass = "custom-http-errors lists 401 or 403 beside auth-url: where the backend of the error pages fails, ingress-nginx " +
			"before 1.13.7, 1.14.3 and 1.15 lets the request through unauthenticated (CVE-2026-24513)"
	}
	nginx.Snippets(&pages, in.Ingress.Annotations, "configuration-snippet", way.PrefixIngressNginx)
	nginx.Snippets(&pages, in.Ingress.Annotations, "server-snippet", way.PrefixIngressNginx)
	return pages
}

// errorCodes reads a list of status codes.
func errorCodes(list string) map[string]bool {
	codes := map[string]bool{}
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		if _, err := strconv.Atoi(item); err != nil {
			return nil
		}
		codes[item] = true
	}
	return codes
}
