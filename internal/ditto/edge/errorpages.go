package edge

import (
	"strconv"
	"strings"
)

// ErrorPages is what an edge answers itself where something goes wrong.
type ErrorPages struct {
	// Echoes are the answers that repeat what the client sent, a sentence each.
	Echoes []string
	// Unknown are those that something makes which is not read.
	Unknown []string
	// Bypass says how the error pages let clients in without credentials; empty where they do not.
	Bypass string
}

// ReadErrorPages reads the error pages of an Ingress.
func ReadErrorPages(in Input) ErrorPages {
	if read := controllerByName(in.Class.Controller).errorPages; read != nil {
		return read(in)
	}
	return ErrorPages{}
}

// ingressNginxErrorPages: answers with the codes of custom-http-errors come from a default backend
// (internal/ingress/annotations/customhttperrors; a list with anything but numbers in it is ignored).
func ingressNginxErrorPages(in Input) ErrorPages {
	var pages ErrorPages
	in = in.prefixed()
	a := withPrefix(in.Ingress.Annotations, prefixIngressNginx)
	codes := errorCodes(a["custom-http-errors"])
	if why := in.someUnseen(); why != "" {
		pages.Unknown = append(pages.Unknown, why)
	}
	if c, told := in.some(func(c GlobalConfig) bool { return len(errorCodes(c.Data["custom-http-errors"])) > 0 }); told && len(codes) == 0 {
		// Those of an Ingress take their place (rootfs/etc/nginx/template/nginx.tmpl).
		pages.Unknown = append(pages.Unknown, "a default backend makes the error pages of "+c.in("custom-http-errors")+
			", and gets the request's path and headers to make them of")
	}
	if len(codes) > 0 {
		pages.Unknown = append(pages.Unknown, "a default backend makes the error pages of "+prefixIngressNginx+
			"custom-http-errors, and gets the request's path and headers to make them of")
	}
	// CVE-2026-24513, fixed in 1.13.7, 1.14.3 and 1.15.0; the configuration tells releases apart no closer than that.
	v, stated := in.version()
	if a.has("auth-url") && !(stated && v.atLeast(1, 15)) && (codes["401"] || codes["403"]) {
		pages.Bypass = "custom-http-errors lists 401 or 403 beside auth-url: where the backend of the error pages fails, ingress-nginx " +
			"before 1.13.7, 1.14.3 and 1.15 lets the request through unauthenticated (CVE-2026-24513)"
	}
	pages.snippets(in.Ingress.Annotations, "configuration-snippet", prefixIngressNginx)
	pages.snippets(in.Ingress.Annotations, "server-snippet", prefixIngressNginx)
	return pages
}

func f5ErrorPages(in Input) ErrorPages {
	var pages ErrorPages
	all := f5Annotations(in)
	pages.snippets(all, "location-snippets", prefixF5Nginx)
	pages.snippets(all, "server-snippets", prefixF5Nginx)
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

// snippets looks for answers in a snippet. That the controller honours it is taken for granted: it is there to be honoured.
func (p *ErrorPages) snippets(all map[string]string, name, prefix string) {
	text := all[prefix+name]
	if strings.TrimSpace(text) == "" {
		return
	}
	directives, ok := parseSnippet(text)
	if !ok {
		p.Unknown = append(p.Unknown, prefix+name+" cannot be parsed")
		return
	}
	p.answers(directives, prefix+name)
}

func (p *ErrorPages) answers(directives []directive, source string) {
	for _, d := range directives {
		text := ""
		switch {
		case d.name == "return" && len(d.args) == 2:
			if code, err := strconv.Atoi(d.args[0]); err == nil && code >= 400 {
				text = d.args[1]
			}
		case d.name == "error_page":
			if target := d.args; len(target) > 1 && !strings.HasPrefix(target[len(target)-1], "http") {
				p.Unknown = append(p.Unknown, "what answers for error_page in "+source+" is not read")
			}
		}
		names, _ := nginxVariables(text)
		for _, name := range names {
			if fromClient(name) && name != "is_args" {
				p.Echoes = append(p.Echoes, d.name+" in "+source+" repeats $"+name)
				break
			}
		}
		p.answers(d.block, source)
	}
}
