package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/audit"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/webhook"
)

const root = "../.."

// pages are the README, its neighbours and the pages that people write, by their paths. What is generated has tests of its own.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, folder := range []string{root, filepath.Join(root, "docs")} {
		files, err := filepath.Glob(filepath.Join(folder, "*.md"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = string(text)
		}
	}
	return texts
}

func page(t *testing.T, name string) string {
	t.Helper()
	text, ok := pages(t)[filepath.Join(root, filepath.FromSlash(name))]
	if !ok {
		t.Fatalf("there is no page %s", name)
	}
	return text
}

// fences are the blocks of a page in a language.
func fences(text, language string) []string {
	var list []string
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		list = append(list, block[1])
	}
	return list
}

// TestDocs_READMEIsShort: whoever wants to install it reads all of it; what is longer has a page in docs.
func TestDocs_READMEIsShort(t *testing.T) {
	const most = 1500
	if words := len(strings.Fields(page(t, "README.md"))); words >= most {
		t.Errorf("the README has %d words, and should have fewer than %d", words, most)
	}
}

// TestDocs_ConfigurationIsValid: every configuration that a page shows can be loaded.
func TestDocs_ConfigurationIsValid(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for file, text := range pages(t) {
		for _, block := range fences(text, "yaml") {
			if !strings.Contains(block, "kind: "+config.Kind+"\n") || filepath.Base(file) == "writing-rules.md" ||
				strings.Contains(block, "config.kubernetes.io/function") { // of a KRM function, with metadata; TestDocs_PipelinesRun tries it
				continue
			}
			shown++
			cfg, err := config.Parse(file, []byte(block), list)
			if err != nil {
				t.Error(err)
				continue
			}
			whole := len(cfg.Rules) > 0 && len(cfg.Exceptions) > 0 && len(cfg.Edges.InternalIngressClasses) > 0
			if !whole && (filepath.Base(file) == "configuration.md" || len(cfg.Exceptions) == 0) {
				t.Errorf("%s: the example shows less than it should: %+v", file, cfg)
			}
		}
	}
	if shown == 0 {
		t.Error("no page shows a configuration")
	}
}

// TestDocs_CommandsExist: every command of dittoguard in a block of a page exists, with these flags.
func TestDocs_CommandsExist(t *testing.T) {
	comment := regexp.MustCompile(`(?m)(^|\s)#.*$`)
	found := 0
	for file, text := range pages(t) {
		var lines []string
		for line := range strings.SplitSeq(text, "\n") {
			if code, indented := strings.CutPrefix(line, "    "); indented {
				lines = append(lines, code)
			}
		}
		code := strings.Join(append(fences(text, "sh"), lines...), "\n")
		code = strings.NewReplacer("go run ./cmd/dittoguard", "dittoguard", "bin/dittoguard", "dittoguard").Replace(code)
		for _, args := range invocations(comment.ReplaceAllString(code, "")) {
			found++
			if at := slices.Index(args, ">"); at >= 0 {
				args = args[:at]
			}
			cmd, rest, err := newRoot().Find(args)
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err == nil && !cmd.Runnable() {
				err = fmt.Errorf("there is no such command")
			}
			if err != nil {
				t.Errorf("%s: dittoguard %s: %v", file, strings.Join(args, " "), err)
			}
		}
	}
	if found < 25 {
		t.Errorf("only %d commands were found", found)
	}
}

// TestDocs_LinksLeadSomewhere: to a file that is there and, after #, to a heading in it.
func TestDocs_LinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^()\s]+)\)`)
	found := 0
	headings := map[string][]string{}
	for file, text := range pages(t) {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			found++
			path := file
			if target != "" {
				path = filepath.Join(filepath.Dir(file), filepath.FromSlash(target))
			}
			content, err := os.ReadFile(path)
			if err != nil {
				if info, statErr := os.Stat(path); statErr != nil || !info.IsDir() {
					t.Errorf("%s links to %s, which is not there", file, match[1])
				}
				continue
			}
			if anchor == "" {
				continue
			}
			if headings[path] == nil {
				headings[path] = anchors(string(content))
			}
			if !slices.Contains(headings[path], anchor) {
				t.Errorf("%s links to %s, and there is no such heading", file, match[1])
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d links were found", found)
	}
}

var (
	headingLine  = regexp.MustCompile("(?m)^#+ (.*)$")
	notInAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the anchors that GitHub gives to the headings of a page.
func anchors(text string) []string {
	var list []string
	for _, heading := range headingLine.FindAllStringSubmatch(text, -1) {
		name := notInAnchors.ReplaceAllString(strings.ToLower(heading[1]), "")
		list = append(list, strings.ReplaceAll(name, " ", "-"))
	}
	return list
}

// TestDocs_IndexNamesEveryPage: a page that no index names is not found.
func TestDocs_IndexNamesEveryPage(t *testing.T) {
	index := page(t, "docs/README.md")
	for file := range pages(t) {
		name, err := filepath.Rel(filepath.Join(root, "docs"), file)
		if err != nil {
			t.Fatal(err)
		}
		if name != "README.md" && !strings.Contains(index, "]("+filepath.ToSlash(name)+")") && !strings.Contains(index, "]("+filepath.ToSlash(name)+"#") {
			t.Errorf("docs/README.md does not name %s", name)
		}
	}
}

// TestDocs_ShowWhatCommandsWrite: the transcripts are what the commands write today.
func TestDocs_ShowWhatCommandsWrite(t *testing.T) {
	script, err := os.ReadFile("testdata/script/explain.txtar")
	if err != nil {
		t.Fatal(err)
	}
	readme, explained := page(t, "README.md"), page(t, "docs/explain.md")
	t.Chdir(root)
	write := func(args ...string) string {
		var stdout, stderr bytes.Buffer
		run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
		return stdout.String()
	}
	for _, test := range []struct{ page, language, from, written string }{
		{readme, "mermaid", "explain --output mermaid", write("explain", "--output", "mermaid", "test/demo/manifests/exposed.yaml")},
		{readme, "text", "check", write("check", "test/demo/manifests")},
		{explained, "text", "testdata/script/explain.txtar", string(script)},
		{explained, "mermaid", "testdata/script/explain.txtar", string(script)},
	} {
		blocks := fences(test.page, test.language)
		if len(blocks) != 1 {
			t.Errorf("%d blocks of %s", len(blocks), test.language)
			continue
		}
		if !strings.Contains("\n"+test.written, "\n"+blocks[0]) {
			t.Errorf("%s does not write this:\n%s\nbut this:\n%.4000s", test.from, blocks[0], test.written)
		}
	}
}

// described is a registry that keeps the names of metrics, whether they have values or not.
type described struct {
	prometheus.Registerer
	names []string
}

func (d *described) MustRegister(collectors ...prometheus.Collector) {
	for _, c := range collectors {
		descriptions := make(chan *prometheus.Desc, 10)
		c.Describe(descriptions)
		close(descriptions)
		for description := range descriptions {
			d.names = append(d.names, regexp.MustCompile(`fqName: "([^"]*)"`).FindStringSubmatch(description.String())[1])
		}
	}
}

// TestDocs_MetricsAreThose compares the table with the metrics that are served.
func TestDocs_MetricsAreThose(t *testing.T) {
	registry := &described{Registerer: prometheus.NewRegistry()}
	webhook.NewMetrics(registry)
	audit.NewMetrics(registry)
	registry.MustRegister(unreadKinds{}, exceptions{}, cacheAge(nil), journalMetric(func() bool { return true }), glassMetric(nil), audit.NewAsked(nil, nil))
	want := append(registry.names, certificateMetric)
	var got []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(dittoguard_[a-z_]+)` \\|").FindAllStringSubmatch(page(t, "docs/metrics.md"), -1) {
		got = append(got, row[1])
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/metrics.md (-metrics +page):\n%s", diff)
	}
}

// TestDocs_ChartValuesExist: whatever a page calls by the path of a value of the chart is one.
func TestDocs_ChartValuesExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "charts", "dittoguard", "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	found := 0
	for file, text := range pages(t) {
		for _, match := range regexp.MustCompile("(?:`|--set '?)([a-z][A-Za-z]+(?:\\.[A-Za-z]+)+)").FindAllStringSubmatch(text, -1) {
			path := strings.Split(match[1], ".")
			if _, ok := values[path[0]]; !ok || path[0] == "rules" || filepath.Base(file) == "architecture.md" {
				continue
			}
			found++
			var value any = values
			for _, name := range path {
				object, _ := value.(map[string]any)
				if value = object[name]; value == nil {
					t.Errorf("%s: the chart has no value %s", file, match[1])
					break
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d values were found", found)
	}
}

// TestDocs_EdgesAreThose: the page names every controller that the configuration may name.
func TestDocs_EdgesAreThose(t *testing.T) {
	text := page(t, "docs/edges.md")
	for _, name := range config.Controllers {
		if !strings.Contains(text, "| `"+name+"` |") {
			t.Errorf("docs/edges.md does not name the controller %s", name)
		}
	}
}
