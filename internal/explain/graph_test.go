package explain

import (
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestTheWorstWayCounts: a step that a harmless way and a dangerous one share is drawn as dangerous.
func TestTheWorstWayCounts(t *testing.T) {
	ref := func(name string) inventory.Ref { return inventory.Ref{Kind: "Service", Namespace: "n", Name: name} }
	way := func(entry, verdict string, rules ...string) Way {
		w := Way{
			Entry: ref(entry), Target: ref("t"), Component: "gateway", Verdict: verdict,
			Steps: []Step{{Object: ref(entry), Text: entry}, {Object: ref("s"), Text: "s"}, {Object: ref("t"), Text: "t"}},
		}
		for _, r := range rules {
			w.Findings = append(w.Findings, Finding{Rule: r, Action: verdict})
		}
		return w
	}
	public := way("c", VerdictUnknown)
	public.Public = true
	e := Explanation{Installations: []Installation{{
		Namespace:  "n",
		WaysIn:     []Way{way("a", VerdictClean), way("b", VerdictWarn, "r"), way("a", VerdictClean), public},
		Components: []Component{{Component: "things", Workload: ref("x"), Container: "c"}, {Component: "gateway", Workload: ref("t"), Container: "c"}},
	}}}
	want := `flowchart LR
  n1(("whoever is inside the cluster"))
  n6(("clients outside")):::open
  subgraph g1["namespace n"]
    n2(["INTERNAL<br/>a<br/>nothing found"])
    n3["s"]
    n4[["gateway: t"]]:::warn
    n5{{"INTERNAL<br/>b<br/>WARNED OF: r"}}:::warn
    n7(["PUBLIC<br/>c<br/>NOT ALL KNOWN"]):::unknown
    n8[["things: Service n/x, container c<br/>no way in was found"]]
  end
  n1 --> n2
  n2 --> n3
  n3 ==> n4
  n1 ==> n5
  n5 ==> n3
  n6 -.-> n7
  n7 -.-> n3
  classDef open fill:#3b4453,stroke:#1c2330,color:#ffffff
  classDef unknown fill:#f0edfb,stroke:#6b5bb0,color:#3a3066
  classDef warn fill:#fff4dc,stroke:#8a5a00,color:#4a3000
`
	if got := write(t, "mermaid", e); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestBundles: paths of an Ingress, and locations of a proxy, are drawn together; what all have stands once, and so do edges.
func TestBundles(t *testing.T) {
	ref := func(kind, name string) inventory.Ref { return inventory.Ref{Kind: kind, Namespace: "n", Name: name} }
	target := Step{Object: ref("Service", "g"), Text: "Service n/g"}
	location := func(path string) Step {
		return Step{Object: ref("Deployment", "p"), Text: "Deployment n/p, nginx location " + path}
	}
	way := func(entry, path string, public bool, verdict string, through Step, rules ...string) Way {
		e := ref("Ingress", entry)
		w := Way{Entry: e, Via: e.String(), Public: public, Component: "gateway", Verdict: verdict, Steps: []Step{{Object: e, Text: e.String() + ": " + path}, through, target}}
		for _, r := range rules {
			rule, action, _ := strings.Cut(r, " ")
			w.Findings = append(w.Findings, Finding{Rule: rule, Action: action})
		}
		return w
	}
	e := Explanation{Installations: []Installation{{Namespace: "n", WaysIn: []Way{
		way("a", "/x", true, VerdictDeny, location("/x"), "one deny", "two warn"),
		way("a", "/y", true, VerdictWarn, location("/y"), "two warn", "three warn"),
		way("b", "/", false, VerdictClean, location("/x")),
		way("c", "/p", false, VerdictClean, location("/x")), way("c", "/q", false, VerdictUnknown, location("/x")),
	}, Components: []Component{
		{Component: "things", Workload: ref("Deployment", "t"), Container: "c"}, {Component: "policies", Workload: ref("Deployment", "q"), Container: "c"},
	}}}}
	want := `flowchart LR
  n1(("clients outside")):::open
  n7(("whoever is inside the cluster"))
  subgraph g1["namespace n"]
    n4[["gateway: Service n/g"]]:::deny
    n8(["INTERNAL<br/>Ingress n/b: /<br/>nothing found"])
    subgraph b1["PUBLIC Ingress n/a<br/>WARNED OF: two"]
      n2{{"/x<br/>DENIED: one"}}:::deny
      n5{{"/y<br/>WARNED OF: three"}}:::warn
    end
    subgraph b2["Deployment n/p"]
      n3["nginx location /x"]
      n6["nginx location /y"]
    end
    subgraph b3["INTERNAL Ingress n/c"]
      n9(["/p<br/>nothing found"])
      n10(["/q<br/>NOT ALL KNOWN"]):::unknown
    end
    subgraph b4["no way in was found"]
      n11[["things: Deployment n/t, container c"]]
      n12[["policies: Deployment n/q, container c"]]
    end
  end
  n1 ==> b1
  n2 ==> n3
  b2 ==> n4
  n5 ==> n6
  n7 --> n8
  n8 --> n3
  n7 -.-> b3
  b3 -.-> n3
  style b1 stroke:#b3261e
  style b3 stroke:#6b5bb0
  classDef open fill:#3b4453,stroke:#1c2330,color:#ffffff
  classDef unknown fill:#f0edfb,stroke:#6b5bb0,color:#3a3066
  classDef warn fill:#fff4dc,stroke:#8a5a00,color:#4a3000
  classDef deny fill:#fdecea,stroke:#b3261e,color:#5f120d
`
	if got := write(t, "mermaid", e); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if mermaid, dot := parseMermaid(t, write(t, "mermaid", e)), parseDOT(t, write(t, "dot", e)); !mermaid.Equal(dot) {
		t.Errorf("the pictures differ:\n%v\n%v", mermaid, dot)
	}
}
