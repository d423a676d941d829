package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/explain"
)

// changedBy is a Diff in which an input is what is new.
func changedBy(t *testing.T, in Input, closed ...check.ChangedWay) []byte {
	t.Helper()
	result := in.Result
	d := Diff{
		From: "git:main:<b>", To: "deploy", Root: in.Root, Version: "1.2.3",
		Compared: check.Comparison{New: result, Closed: closed, Gone: result.Findings[:1]},
		Settings: []explain.SettingChange{{Component: "gateway", Workload: gateway, Name: "preAuthentication", Title: "pre-authentication", Old: "off", New: "on"}},
		Explain:  func() (explain.Explanation, error) { return explanation(result), nil },
	}
	for _, f := range result.Findings {
		if len(f.Path) > 0 {
			d.Compared.Opened = append(d.Compared.Opened, check.ChangedWay{Entry: opener(f), Public: true, Component: "gateway", Target: f.Subject, Routes: f.Routes})
		}
	}
	var b bytes.Buffer
	if err := WriteDiff(&b, "html", d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDiffHTML: what changes stands above what there is; names are text, and nothing is loaded.
func TestDiffHTML(t *testing.T) {
	page := string(changedBy(t, inputs(t)["hole"]))
	for _, part := range []string{
		`<p class="verdict deny">1 way in opens, 1 setting changes; new: 1 denied; gone: 1</p>`,
		`git:main:&lt;b&gt; → deploy. Below is the later state, with what is new in it.`,
		`<h3 class="warn">Opens</h3>`, `<h3>Settings</h3>`,
		`<li class="object">gateway of Deployment ditto/gateway: pre-authentication: off, now on</li>`,
		`<h3 class="clean">Gone</h3>`, `"verdict":"deny"`, `<a href="#changes">What changes</a>`,
		`"compared":true`, `<span class="clean">nothing new</span>`,
	} {
		if !strings.Contains(page, part) {
			t.Errorf("it does not have %q", part)
		}
	}
	for _, part := range []string{`id="guide"`, "Closes</h3>", "<b>;"} {
		if strings.Contains(page, part) {
			t.Errorf("it has %q", part)
		}
	}
	hostile := string(changedBy(t, inputs(t)["hostile"]))
	if n := strings.Count(hostile, "<script"); n != 2 {
		t.Errorf("%d scripts", n)
	}
	if found := regexp.MustCompile(`(?i)\b(src|srcset|action|data|poster)=|<link|<iframe|<img|@import|url\(`).FindString(page); found != "" {
		t.Errorf("it has %q", found)
	}
}

func TestDiffHTMLInABrowser(t *testing.T) {
	b := open(t, changedBy(t, inputs(t)["hostile"]))
	b.want(`document.querySelectorAll('script').length`, "2")
	b.want(`document.querySelectorAll('#list button').length > 0`, "true")
	b.want(`document.querySelectorAll('#picture .node').length > 1`, "true")
	b.want(`document.querySelector('#changes').textContent.includes('<script>alert(1)')`, "true")
	b.quiet()
}
