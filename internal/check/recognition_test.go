package check_test

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
)

// TestDoubtfulParts: a container that may be Ditto and is not taken for it is said, whatever else runs. It is unknown to every
// rule, which may refuse it, unless another container of the pod is what it may be.
func TestDoubtfulParts(t *testing.T) {
	strict := denyingUnknown(t, "preauth-exposed")
	for _, test := range []struct{ name, containers, want string }{
		{
			"a name with a word of its own", `[{name: app, image: "acme/ditto-things-corp:1"}]`,
			"container app is named like Ditto's things (ditto-things-corp), but nothing else suggests that it is one, so it is ignored: " +
				"if it is one, name the container ditto-things",
		},
		{
			"an image for tests, a word of its own", `[{name: app, image: "acme/ditto-gateway-test:1"}]`,
			"container app is named like Ditto's gateway (ditto-gateway-test), but nothing else suggests that it is one, so it is ignored: " +
				"if it is one, name the container ditto-gateway",
		},
		{
			"a folder and a word of its own", `[{name: demo, image: "acme/ditto/gateway-demo"}]`,
			"container demo is named like Ditto's gateway (ditto/gateway-demo), but nothing else suggests that it is one, so it is ignored: " +
				"if it is one, name the container ditto-gateway",
		},
		{"tests of a gateway, beside what they need", `[{name: tests, image: "acme/gateway-tests", env: [{name: GATEWAY_URL, value: a}]}]`, ""},
		{
			"a variable beside the gateway", `[{name: ditto-gateway, image: iot/gw}, {name: logs, image: fluent-bit, env: [{name: ENABLE_PRE_AUTHENTICATION, value: "true"}]}]`,
			"container logs sets ENABLE_PRE_AUTHENTICATION, which Ditto's gateway reads, but another container of the pod is " +
				"a gateway and nothing else suggests that this one is, so it is ignored",
		},
		{"what is Ditto", `[{name: ditto-gateway, image: iot/gw}, {name: app, image: acme/ditto-things-hardened}]`, ""},
		{"what is not", `[{name: app, image: acme/ditto-ui}, {name: b, image: nginx}, {name: c, image: acme/things-exporter}]`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv := inventoryOf(t, "\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ditto}\nspec: {containers: "+test.containers+"}\n")
			var got []string
			result, err := newChecker(t, nil, config.Default()).All(t.Context(), inv, inv.All())
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range result.Unknown {
				if u.What == "whether it is Ditto" {
					got = append(got, u.Message)
				}
			}
			refused := count(judged(t, strict, inv).Findings, func(f check.Finding) bool { return f.Message == "cannot be decided: "+test.want })
			if whole := strings.Contains(test.name, "word of its own"); (refused > 0) != whole {
				t.Errorf("onUnknown: deny refuses it: %v", refused > 0)
			}
			if text := strings.Join(got, "\n"); text != test.want {
				t.Errorf("got\n%s\nwant\n%s", text, test.want)
			}
		})
	}
}
