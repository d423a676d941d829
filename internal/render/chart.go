package render

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

// chart renders a chart as helm does it, which knows the APIs of Kubernetes alone. If the chart has something else for
// a cluster with more, that is said, unless it was said which APIs there are.
func chart(ctx context.Context, f manifest.Folder, opts Options) (manifest.Rendering, error) {
	var made manifest.Rendering
	if _, err := exec.LookPath("helm"); err != nil {
		return made, errors.New("it is a Helm chart, and helm is not on the PATH")
	}
	var err error
	if made.Parts, err = template(ctx, f, opts); err != nil || len(opts.APIVersions) > 0 || !asksForAPIs(f.Dir) {
		return made, err
	}
	opts.APIVersions = apis()
	more, err := template(ctx, f, opts)
	if err != nil {
		made.Notes = append(made.Notes,
			fmt.Sprintf("%s may render otherwise where a cluster has more than the APIs of Kubernetes, which could not be tried: %v; "+
				"say with --api-versions what yours has", f.Dir, err))
		return made, nil
	}
	if other := others(made.Parts, more); len(other) > 0 {
		const most = 5
		if len(other) > most {
			other = append(other[:most], fmt.Sprintf("%d more", len(other)-most))
		}
		made.Notes = append(made.Notes,
			fmt.Sprintf("%s renders otherwise where a cluster has more than the APIs of Kubernetes, which is not judged: %s; "+
				"say with --api-versions what yours has", f.Dir, strings.Join(other, ", ")))
	}
	return made, nil
}

// template runs `helm template`.
func template(ctx context.Context, f manifest.Folder, opts Options) ([]manifest.Rendered, error) {
	release := opts.Release
	if release == "" {
		release = f.Name
	}
	args := []string{"template", release, f.Dir, "--namespace", opts.Namespace}
	for _, file := range opts.Values {
		args = append(args, "--values", file)
	}
	if opts.Given != nil {
		args = append(args, "--values", "-") // not a file: there may be secrets in it
	}
	for _, set := range opts.Set {
		args = append(args, "--set", set)
	}
	for _, set := range opts.SetString {
		args = append(args, "--set-string", set)
	}
	for _, version := range opts.APIVersions {
		args = append(args, "--api-versions", version)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "helm", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(opts.Given), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if opts.Secret {
			return nil, errors.New("helm template fails; what it says is not shown, since there are values of a Secret")
		}
		said, _, _ := strings.Cut(stderr.String(), "\n\nUse --debug")
		said = strings.TrimPrefix(strings.TrimSpace(said), "Error: ")
		if said == "" {
			said = err.Error()
		}
		if strings.Contains(said, "missing in charts/") {
			said += "; fetch it first: helm dependency build " + f.Dir
		}
		return nil, fmt.Errorf("helm template: %s", said)
	}
	return templates(f.Dir, stdout.Bytes()), nil
}

// asksForAPIs says whether a template of a chart may ask which APIs a cluster has. In a packed chart it cannot be seen.
func asksForAPIs(dir string) bool {
	asks := false
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if strings.HasSuffix(path, ".tgz") {
			asks = true
		} else if text, err := os.ReadFile(path); err != nil || bytes.Contains(text, []byte("APIVersions")) {
			asks = true
		}
		if asks {
			return fs.SkipAll
		}
		return nil
	})
	return asks || err != nil
}

// apis are the APIs that are read and that Kubernetes has not itself, as charts ask for them: with the kind and without
// it.
func apis() []string {
	var list []string
	for _, kind := range inventory.Listed() {
		if strings.Contains(kind.Group, ".") && kind.Group != inventory.Ingress.Group {
			list = append(list, kind.GroupVersion().String(), kind.GroupVersion().String()+"/"+kind.Kind)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// others names the objects of kinds that are read which are only in one of two renderings. What differs in an object
// that is in both is not compared: charts make up passwords each time.
func others(plain, more []manifest.Rendered) []string {
	read := map[schema.GroupKind]bool{}
	for _, kind := range inventory.Listed() {
		read[kind.GroupKind()] = true
	}
	objects := func(parts []manifest.Rendered) map[string]bool {
		found := map[string]bool{}
		for _, part := range parts {
			var head struct {
				APIVersion string `json:"apiVersion"`
				Kind       string `json:"kind"`
				Metadata   struct {
					Name string `json:"name"`
				} `json:"metadata"`
			}
			if yaml.Unmarshal(part.Text, &head) == nil &&
				read[schema.FromAPIVersionAndKind(head.APIVersion, head.Kind).GroupKind()] {
				found[head.Kind+" "+head.Metadata.Name] = true
			}
		}
		return found
	}
	a, b := objects(plain), objects(more)
	var list []string
	for name := range b {
		if !a[name] {
			list = append(list, name)
		}
	}
	for name := range a {
		if !b[name] {
			list = append(list, "no "+name)
		}
	}
	slices.Sort(list)
	return list
}

// source is what helm writes before what a template of a chart makes: `# Source: ditto/templates/gateway.yaml`.
const source = "# Source: "

// templates tells apart what each template made.
func templates(dir string, text []byte) []manifest.Rendered {
	var list []manifest.Rendered
	file := dir
	var document bytes.Buffer
	flush := func() {
		if len(bytes.TrimSpace(document.Bytes())) > 0 {
			list = append(list, manifest.Rendered{File: file, Text: bytes.Clone(document.Bytes())})
		}
		document.Reset()
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		line := lines.Text()
		if line == "---" || strings.HasPrefix(line, "--- ") {
			flush()
			file = dir
			continue
		}
		if name, is := strings.CutPrefix(line, source); is && len(bytes.TrimSpace(document.Bytes())) == 0 {
			if _, below, found := strings.Cut(name, "/"); found {
				file = filepath.Join(dir, filepath.FromSlash(below))
			}
		}
		document.WriteString(line + "\n")
	}
	flush()
	return list
}
