package syntax

import (
	"strings"

	crossplane "github.com/nginxinc/nginx-go-crossplane"
)

// Known tells directives of nginx, its modules and the widespread modules that the library lists, from anything else.
func Known(name string) bool {
	for _, match := range []crossplane.MatchFunc{crossplane.DefaultDirectivesMatchFunc, crossplane.MatchOssLatest,
		crossplane.MatchLuaLatest, crossplane.MatchHeadersMoreLatest, crossplane.MatchGeoip2Latest} {
		if _, ok := match(name); ok {
			return true
		}
	}
	return name == "include" || name == "more_set_headers" || strings.HasPrefix(name, "brotli") ||
		strings.HasPrefix(name, "echo")
}

// Unread tells directives whose effect on a request is not in the configuration.
func Unread(name string) bool {
	switch {
	case strings.HasSuffix(name, "_by_lua"), strings.HasSuffix(name, "_by_lua_block"),
		strings.HasSuffix(name, "_by_lua_file"):
		return !strings.HasPrefix(name, "log_") && !strings.HasPrefix(name, "init_") &&
			!strings.HasPrefix(name, "exit_") &&
			!strings.HasPrefix(name, "header_filter_") && !strings.HasPrefix(name, "body_filter_")
	case name == "js_content", name == "js_access", name == "perl":
		return true
	case strings.HasPrefix(name, "more_set_input_headers"), strings.HasPrefix(name, "more_clear_input_headers"):
		return true
	}
	return false
}
