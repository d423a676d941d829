package ingressnginx

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ingressNginxForcesRegex: one location with use-regex, or with a target that is not its path, is enough for the whole
// server. A target that is the path of a rule is none by the time that this is looked at: updateServerLocations has put
// a slash behind Prefix paths by then, and the location / that createServers makes for a host has the target, too. What
// a canary says counts for nothing.
func ingressNginxForcesRegex(in way.Input) bool {
	if isCanary(in.Ingress) {
		return false
	}
	a := way.WithPrefix(in.Ingress.Annotations, way.PrefixIngressNginx)
	if use, _ := a.Bool("use-regex"); use {
		return true
	}
	target, ok := ingressNginxTarget(a)
	if !ok {
		return false
	}
	for _, rule := range in.Ingress.Spec.Rules {
		if target != "/" {
			return true
		}
		if rule.HTTP != nil && slices.ContainsFunc(rule.HTTP.Paths,
			func(p networkingv1.HTTPIngressPath) bool { return p.Path != "" && p.Path != "/" }) {
			return true
		}
	}
	return false
}

// ingressNginxPath: ImplementationSpecific is read as Prefix (SetDefaultNGINXPathType). As soon as one Ingress of the
// host uses regular expressions or a rewrite, all paths of the host are regular expressions, without case and open at
// the end (template.go: enforceRegexModifier, buildLocation). A path with itself for its target is taken for not
// rewritten, though what is below it is: that leads no further.
func ingressNginxPath(in way.Input, a way.Annotations, kind networkingv1.PathType, path string) way.Path {
	target, rewritten := ingressNginxTarget(a)
	rewritten = rewritten && target != path
	var p way.Path
	switch {
	case in.HostForcesRegex || rewritten || ingressNginxForcesRegex(in):
		p.Matcher = way.Regex(way.Decoded, path, true, way.AtStart)
	case kind == networkingv1.PathTypeExact:
		p.Matcher = way.Exact(way.Decoded, path)
	default:
		p.Matcher = way.Elements(way.Decoded, path)
	}
	if rewritten {
		p.Rewrite = rewriteTo(path, target)
	}
	// The template writes the snippet in front of the rewrite, which it can end.
	if text := a["configuration-snippet"]; a.Has("configuration-snippet") && (nginx.AnswersPaths(text) ||
		nginx.ReadSnippet(text, "proxy_set_header", way.Unverified).Rewrites) {
		p.Rewrite = way.UnknownRewrite(reason.Of("ingress-nginx-snippet-changes-path"))
	}
	if a.Has("server-snippet") {
		if directives, ok := nginx.ParseSnippet(a["server-snippet"]); !ok ||
			directives.Rewrites() || directives.Has("location") || nginx.AnswersPaths(a["server-snippet"]) {
			p.Rewrite = way.UnknownRewrite(reason.Of("ingress-nginx-server-snippet-routes"))
		}
	}
	if why := globalRewrite(in); why != "" {
		p.Rewrite = way.UnknownRewrite(why)
	}
	if redirected(in, a) {
		p.Matcher = way.Nothing()
	}
	return p
}

// redirected says whether an Ingress answers all requests with a redirect to a URL, which it does before anything else
// of a location but what snippets say.
func redirected(in way.Input, a way.Annotations) bool {
	if a.Has("configuration-snippet") || a.Has("server-snippet") || globalRewrite(in) != "" {
		return false
	}
	if _, told := someConfig(in, func(c way.GlobalConfig) bool {
		return strings.TrimSpace(c.Data["location-snippet"]) != ""
	}); told {
		return false
	}
	return slices.ContainsFunc([]string{"permanent-redirect", "temporal-redirect"}, func(name string) bool {
		u, err := url.Parse(a[name])
		return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
	})
}

// plainTarget is a target that is read: what ingress-nginx accepts by itself (parser.RegexPathWithCapture). Without its
// flag --enable-annotation-validation, which is on by default since 1.12, any other is taken over as it stands; with it
// the whole Ingress is left out.
var plainTarget = regexp.MustCompile(`^/?[-._~a-zA-Z0-9/:$]*$`)

func ingressNginxTarget(a way.Annotations) (string, bool) {
	target := strings.TrimSpace(a["rewrite-target"])
	return target, target != ""
}

// rewriteTo is the rewrite of a path. What stands behind a question mark is the query.
func rewriteTo(path, target string) way.Rewrite {
	to, _, _ := strings.Cut(target, "?")
	if !plainTarget.MatchString(to) {
		return way.UnknownRewrite(reason.Of("rewrite-not-determined", way.Quote(path), way.Quote(target)))
	}
	return way.NginxRewrite(path, to)
}
