package oauth2proxy

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// options are the settings of an oauth2-proxy by name: the command line before the environment before the file.
//
// Source: pkg/apis/options/load.go of oauth2-proxy (a flag `skip-auth-route` is `skip_auth_routes` in the file, and
// OAUTH2_PROXY_SKIP_AUTH_ROUTES in the environment).
type options struct {
	flags   map[string][]string
	env     map[string]string
	file    map[string]any
	unknown *[]string
}

// switches are flags that take no word after them.
var switches = []string{
	"reverse-proxy", "force-https", "skip-auth-preflight", "skip-jwt-bearer-tokens", "bearer-token-login-fallback",
	"pass-basic-auth", "pass-user-headers", "pass-access-token", "pass-authorization-header", "pass-host-header",
	"set-basic-auth", "set-xauthrequest", "set-authorization-header", "prefer-email-to-user", "skip-auth-strip-headers",
	"proxy-websockets", "ssl-upstream-insecure-skip-verify", "ssl-insecure-skip-verify", "skip-provider-button",
	"cookie-secure", "cookie-httponly", "force-json-errors", "encode-state", "allow-query-semicolons",
	"relative-redirect-url",
	"skip-oidc-discovery", "insecure-oidc-allow-unverified-email", "insecure-oidc-skip-issuer-verification",
	"request-logging", "auth-logging", "standard-logging", "silence-ping-logging", "display-htpasswd-form",
	"gcp-healthchecks",
	"show-debug-on-error", "disable-keep-alives", "session-cookie-minimal", "redis-use-sentinel", "redis-use-cluster",
}

func parseFlags(args []string) map[string][]string {
	flags := map[string][]string{}
	for i := 0; i < len(args); i++ {
		word, ok := strings.CutPrefix(args[i], "-")
		if !ok {
			continue
		}
		name, value, given := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		switch {
		case given:
		case slices.Contains(switches, name):
			value = "true"
		case i+1 < len(args):
			i++
			value = args[i]
		}
		flags[name] = append(flags[name], value)
	}
	return flags
}

func (o *options) note(text string) {
	if !slices.Contains(*o.unknown, text) {
		*o.unknown = append(*o.unknown, text)
	}
}

// readFile takes the configuration file in.
func (o *options) readFile(name string, files map[string]string) {
	text, there := files[path.Clean(name)]
	if !there {
		o.note(reason.Of("oauth2-proxy-file-not-found", name))
		return
	}
	var values map[string]any
	if err := toml.Unmarshal([]byte(text), &values); err != nil {
		o.note(reason.Of("oauth2-proxy-file-broken", name, "TOML"))
		return
	}
	o.file = map[string]any{}
	for key, value := range values {
		o.file[strings.ToLower(key)] = value
	}
}

// list is a setting with several values; flag is its name on the command line, key that in the file.
func (o *options) list(flag, key string) []string {
	var values []string
	if given, set := o.flags[flag]; set {
		for _, text := range given {
			values = append(values, strings.Split(text, ",")...)
		}
	} else if text := o.env["OAUTH2_PROXY_"+strings.ToUpper(key)]; text != "" {
		values = strings.Split(text, ",")
	} else {
		switch value := o.file[key].(type) {
		case string:
			values = strings.Split(value, ",")
		case []any:
			for _, v := range value {
				if text, ok := v.(string); ok {
					values = append(values, text)
				}
			}
		}
	}
	values = slices.DeleteFunc(values, func(v string) bool { return strings.TrimSpace(v) == "" })
	for i := range values {
		values[i] = strings.TrimSpace(values[i])
		if strings.ContainsRune(values[i], 0) {
			o.note(reason.Of("oauth2-proxy-at-run-time", key))
		}
	}
	return values
}

// text is a setting with one value.
func (o *options) text(flag, key, byDefault string) string {
	if given := o.flags[flag]; len(given) > 0 {
		return given[len(given)-1]
	}
	if text := o.env["OAUTH2_PROXY_"+strings.ToUpper(key)]; text != "" {
		return text
	}
	switch value := o.file[key].(type) {
	case string:
		return value
	case bool:
		return strconv.FormatBool(value)
	}
	return byDefault
}

// on is a switch that is off by default.
func (o *options) on(flag, key string) bool {
	on, err := strconv.ParseBool(o.text(flag, key, "false"))
	return on || err != nil
}
