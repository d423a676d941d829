package report

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/explain"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/test/missing"
)

// browser is a Chromium with a page in it.
type browser struct {
	context.Context
	t *testing.T
	// asked are the URLs that were asked for, complained what the console was told.
	asked, complained []string
}

// open opens a report in a real browser.
func open(t *testing.T, page []byte) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		// A browser is too large to be installed for one test.
		missing.Data(t, "the HTML report in a browser: no chromium is installed")
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.WindowSize(1400, 1000),
		chromedp.WSURLReadTimeout(5*time.Minute))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	b := &browser{Context: ctx, t: t}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			b.asked = append(b.asked, e.Request.URL)
		case *runtime.EventExceptionThrown:
			b.complained = append(b.complained, e.ExceptionDetails.Error())
		}
	})
	address := (&url.URL{Scheme: "file", Path: file}).String()
	b.do(network.Enable(), chromedp.Navigate(address), chromedp.WaitReady("#list"))
	return b
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.Context, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// text is what an expression of JavaScript is.
func (b *browser) text(expression string) string {
	b.t.Helper()
	var got any
	b.do(chromedp.Evaluate(expression, &got))
	return fmt.Sprint(got)
}

func (b *browser) want(expression, want string) {
	b.t.Helper()
	if got := b.text(expression); got != want {
		b.t.Errorf("%s is %q, expected %q", expression, got, want)
	}
}

// manyWays are ways through each of many Ingresses.
func manyWays(t *testing.T, n int) Input {
	in := inputs(t)["clean"]
	for k := range n {
		f := preauth(k+1, fmt.Sprintf("h%d.example.com", k))
		f.Entry = &inventory.Ref{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "ditto", Name: fmt.Sprintf("api-%d", k)}
		f.Path[1] = f.Entry.String()
		in.Result.Findings = append(in.Result.Findings, f)
	}
	result := in.Result
	in.Explain = func() (explain.Explanation, error) { return explanation(result), nil }
	return in
}

func TestHTMLInABrowser(t *testing.T) {
	in := inputs(t)["mixed"]
	edge := preauth(14, "d.example.com")
	edge.Rule, edge.Severity, edge.Action, edge.Cause = "edge-tls", "high", check.ActionWarn, "edge-tls|edge"
	edge.Subject = inventory.Ref{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "edge", Name: "other"}
	edge.Entry = &edge.Subject
	in.Result.Findings = append(in.Result.Findings, edge)
	result := in.Result
	in.Explain = func() (explain.Explanation, error) { return explanation(result), nil }
	b := open(t, written(t, "html", in))

	t.Log("it draws")
	b.want(`document.querySelectorAll('#list button').length`, "4")
	b.want(`document.querySelectorAll('#picture .node').length >= 4 && document.querySelectorAll('#picture path').length >= 3`, "true")
	b.want(`document.querySelector('#count').textContent`, "4 of 4 ways in")
	b.want(`[...document.querySelectorAll('#picture .title')].map(e => e.textContent).join()`, "clients,edges,proxies,Ditto")

	t.Log("a click shows a way, with its cause and its fix")
	b.do(chromedp.Click(`#list button`, chromedp.ByQuery))
	b.want(`document.querySelectorAll('#detail .hops')[0].children.length`, "3")
	for _, part := range []string{"preauth-exposed", "Deployment ditto/gateway (deploy/gateway.yaml:14)", "Switch pre-authentication off", "ENABLE_PRE_AUTHENTICATION"} {
		if text := b.text(`document.querySelector('#detail').textContent`); !strings.Contains(text, part) {
			t.Errorf("it does not show %q:\n%s", part, text)
		}
	}
	b.want(`document.querySelector('#picture svg').classList.contains('chosen')`, "true")

	t.Log("so do keys")
	b.do(chromedp.Focus(`#list button`, chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowDown))
	b.want(`[...document.querySelectorAll('#list button')].findIndex(e => e.getAttribute('aria-pressed') === 'true')`, "1")
	b.do(chromedp.KeyEvent(kb.Escape))
	b.want(`document.querySelectorAll('#list button[aria-pressed=true]').length`, "0")
	b.do(chromedp.Focus(`#picture .node[aria-label^="other,"]`, chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	b.want(`document.querySelectorAll('#list button').length`, "1")
	b.do(chromedp.KeyEvent(kb.Escape))

	t.Log("it filters")
	choose := func(filter, value string) {
		b.text(fmt.Sprintf(`(() => { const e = document.querySelector('#%s'); e.value = '%s'; e.dispatchEvent(new Event('change', {bubbles: true})); })()`, filter, value))
	}
	choose("rule", "edge-tls")
	b.want(`document.querySelectorAll('#list button').length`, "1")
	b.want(`[...document.querySelectorAll('details.cause')].filter(e => !e.hidden).every(e => e.dataset.rule === 'edge-tls')`, "true")
	choose("rule", "")
	choose("severity", "critical")
	b.want(`document.querySelectorAll('#list button').length`, "3")
	choose("severity", "")
	choose("namespace", "edge")
	b.want(`document.querySelectorAll('#list button').length`, "1")
	b.do(chromedp.Click(`button[type=reset]`, chromedp.ByQuery), chromedp.Sleep(200*time.Millisecond))
	b.want(`document.querySelectorAll('#list button').length`, "4")

	t.Log("light and dark differ, and it prints what is folded")
	b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}))
	light := b.text(`getComputedStyle(document.body).backgroundColor`)
	b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	if dark := b.text(`getComputedStyle(document.body).backgroundColor`); dark == light {
		t.Errorf("light and dark have the background %s", light)
	}
	b.text(`dispatchEvent(new Event('beforeprint'))`)
	b.want(`document.querySelectorAll('main details:not([open])').length`, "0")

	b.quiet()
}

// quiet: the page asked for itself alone, and nothing failed in it.
func (b *browser) quiet() {
	b.t.Helper()
	if len(b.asked) != 1 || !strings.HasPrefix(b.asked[0], "file://") {
		b.t.Errorf("it asks for %v", b.asked)
	}
	if len(b.complained) > 0 {
		b.t.Errorf("it fails: %v", b.complained)
	}
}

func TestHTMLTakesNamesForText(t *testing.T) {
	b := open(t, written(t, "html", inputs(t)["hostile"]))
	b.want(`document.querySelectorAll('script').length`, "2")
	b.do(chromedp.Click(`#list button`, chromedp.ByQuery))
	for _, part := range []string{"#list", "#detail", "#causes", "#unknown", "#picture"} {
		b.want(`document.querySelector('`+part+`').textContent.includes('<script>alert(1)')`, "true")
	}
	b.want(`/[\u202e\u001b]/.test(document.body.textContent.replace(document.querySelector('#data').textContent, ''))`, "false")
	b.quiet()
}

func TestHTMLHoldsAThousandWays(t *testing.T) {
	b := open(t, written(t, "html", manyWays(t, 1000)))
	b.want(`document.querySelectorAll('#list button').length`, "1000")
	b.want(`document.querySelectorAll('#picture .node').length`, "1003")
	b.quiet()
}

// TestHTMLLoadsNothing holds without a browser: there is no address in the page that anything is loaded from, and its policy
// lets through nothing but what is in it.
func TestHTMLLoadsNothing(t *testing.T) {
	page := string(written(t, "html", inputs(t)["mixed"]))
	if found := regexp.MustCompile(`(?i)\b(src|srcset|action|data|poster)=|<link|<iframe|<img|@import|url\(`).FindString(page); found != "" {
		t.Errorf("it has %q", found)
	}
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^;]*'; script-src 'sha256-[^;]*';`)
	if !policy.MatchString(strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(page)) { // a digest may have a +, which is written as an entity
		t.Errorf("no such policy:\n%s", page[:600])
	}
}

// TestHTMLOfAnExplanationHasNoVerdict: it is the same page, and judges nothing.
func TestHTMLOfAnExplanationHasNoVerdict(t *testing.T) {
	var page strings.Builder
	if err := HTML(&page, explanation(inputs(t)["hole"].Result), "1.2.3", "/repository"); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"preauth-exposed", "denied</span>", "What to change"} {
		if strings.Contains(page.String(), word) {
			t.Errorf("it has %q", word)
		}
	}
	if !strings.Contains(page.String(), "Ditto in namespace ditto") {
		t.Error("it shows no Ditto")
	}
}
