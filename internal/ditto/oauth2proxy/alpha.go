package oauth2proxy

import (
	"net/url"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// readAlpha reads the alpha configuration, which takes the place of the older settings of the same. Its keys are
// compared without regard to case.
func (c *Config) readAlpha(o *options, name string, in Input) {
	unread := func(why string) {
		o.note(why)
		c.LoggedIn = Identity{State: Unknown, Why: why}
		c.Anyone = c.LoggedIn
	}
	text, there := in.Files[path.Clean(name)]
	if !there {
		unread(reason.Of("oauth2-proxy-file-not-found", name))
		return
	}
	var root map[string]any
	if err := yaml.Unmarshal([]byte(substitute(o, text)), &root); err != nil {
		unread(reason.Of("oauth2-proxy-file-broken", name, "YAML"))
		return
	}
	root, _ = lower(root).(map[string]any)
	upstreams := list(root["upstreams"])
	if config, ok := root["upstreamconfig"].(map[string]any); ok {
		upstreams = list(config["upstreams"])
		c.RawPath = config["proxyrawpath"] == true
	}
	for _, item := range upstreams {
		uri, _ := item["uri"].(string)
		at, _ := item["path"].(string)
		rewrite, _ := item["rewritetarget"].(string)
		u, err := url.Parse(uri)
		if err != nil {
			o.note(reason.Of("oauth2-proxy-upstream"))
			continue
		}
		if item["static"] == true {
			u = &url.URL{}
		}
		c.add(u, at, rewrite)
	}
	c.order()
	c.LoggedIn, c.Anyone = identities(list(root["injectrequestheaders"]), c.UserFile != "")
	if server, ok := root["server"].(map[string]any); ok {
		if address, ok := server["bindaddress"].(string); ok {
			c.listen(address, false)
		}
		if address, ok := server["securebindaddress"].(string); ok {
			c.listen(address, true)
		}
	}
}

var reference = regexp.MustCompile(`\$\{(\w+)\}|\$(\w+)`)

// substitute puts variables in.
func substitute(o *options, text string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.Trim(found, "${}")
		if name == "" || name[0] >= '0' && name[0] <= '9' {
			return found // a capture of rewriteTarget
		}
		if value, set := o.env[name]; set {
			return value
		}
		o.note(reason.Of("oauth2-proxy-variable", name))
		return ""
	})
}

// identities works out what becomes of the identity of those who are logged in, and of those who need not be. Users of
// a password file have a name and no email (pkg/middleware/basic_session.go).
func identities(headers []map[string]any, passwordFile bool) (loggedIn, anyone Identity) {
	client := Identity{State: Client, Why: "no injectRequestHeaders of oauth2-proxy names " + header +
		", so it is passed on as clients send it"}
	loggedIn, anyone = client, client
	for _, h := range headers {
		name, _ := h["name"].(string)
		name = strings.ToLower(name)
		if strings.ReplaceAll(name, "_", "-") != header {
			continue
		}
		if h["preserverequestvalue"] == true {
			kept := Identity{State: Client,
				Why: "injectRequestHeaders of oauth2-proxy keeps what clients send (preserveRequestValue)"}
			return kept, kept
		}
		loggedIn = Identity{State: Removed,
			Why: "injectRequestHeaders of oauth2-proxy removes the header, but not the query parameter of the same name"}
		anyone = loggedIn
		if name != header {
			continue // another header takes its place
		}
		for _, value := range list(h["values"]) {
			claim, constant := sources(value)
			switch {
			case constant:
				set := Identity{State: Set, Assumption: "what injectRequestHeaders of oauth2-proxy sets " + header +
					" to is not empty"}
				set.Why = "injectRequestHeaders of oauth2-proxy sets it"
				return set, set
			case claim == "email" && passwordFile && loggedIn.State != Set:
				loggedIn = Identity{
					State: PossiblyEmpty, Why: "injectRequestHeaders of oauth2-proxy sets it to the claim email, which users of htpasswd-file have none of",
				}
				anyone = loggedIn
			case claim == "user", claim == "email":
				loggedIn = Identity{
					State: Set, Why: "injectRequestHeaders of oauth2-proxy sets it to the claim " + claim,
					Assumption: "the provider of oauth2-proxy gives everyone who logs in a claim " + claim,
				}
				anyone = Identity{State: PossiblyEmpty,
					Why: "without a login there is no claim that injectRequestHeaders of oauth2-proxy could set it to"}
			case claim != "" && loggedIn.State != Set:
				loggedIn = Identity{State: PossiblyEmpty,
					Why: "injectRequestHeaders of oauth2-proxy sets it to the claim " + claim +
						", which not everyone has"}
				anyone = loggedIn
			}
		}
	}
	return loggedIn, anyone
}

// sources says where a value of a header comes from: a claim, or something that is always the same. Older versions
// write both without claimSource and secretSource around them.
func sources(value map[string]any) (claim string, constant bool) {
	for _, of := range []any{value["claimsource"], value} {
		if m, ok := of.(map[string]any); ok && claim == "" {
			claim, _ = m["claim"].(string)
		}
	}
	for _, of := range []any{value["secretsource"], value} {
		if m, ok := of.(map[string]any); ok {
			for _, key := range []string{"value", "fromenv", "fromfile"} {
				text, _ := m[key].(string)
				constant = constant || text != ""
			}
		}
	}
	return claim, constant
}

// list are the mappings of a list.
func list(value any) []map[string]any {
	var out []map[string]any
	items, _ := value.([]any)
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// lower is a value with its keys in lower case.
func lower(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, v := range value {
			out[strings.ToLower(key)] = lower(v)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = lower(v)
		}
		return out
	}
	return value
}
