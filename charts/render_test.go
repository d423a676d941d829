package charts_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/missing"
)

const (
	release   = "dittoguard"
	namespace = "guard"
	// oldest is the oldest Kubernetes that the chart takes.
	oldest = "1.30.0"
)

// helms finds the helm binaries to test with: the one that HELM names, or helm 4 and helm 3 as test/controlplane/build
// leaves them in the cache.
func helms(t testing.TB) []string {
	t.Helper()
	if helm := os.Getenv("HELM"); helm != "" {
		return []string{helm}
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	var found []string
	for _, name := range []string{"helm", "helm3"} {
		matches, err := filepath.Glob(filepath.Join(cache, "dittoguard", "controlplane-*", name))
		if err != nil {
			t.Fatal(err)
		}
		if len(matches) > 0 {
			found = append(found, matches[len(matches)-1])
		}
	}
	if len(found) == 0 {
		missing.Tool(t, "helm is not there: set HELM to one, or run test/controlplane/build")
	}
	return found
}

// readChart reads the chart's files in this process, so that `go test` knows that a cached result depends on them.
func readChart(t testing.TB) {
	t.Helper()
	chart := os.DirFS("dittoguard")
	if err := fs.WalkDir(chart, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		_, err = fs.ReadFile(chart, path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// run runs helm with values on its standard input, and returns what it printed.
func run(t testing.TB, helm, values string, args ...string) (stdout string, err error) {
	t.Helper()
	readChart(t)
	command := exec.CommandContext(t.Context(), helm, args...)
	home := t.TempDir()
	command.Env = append(os.Environ(),
		"HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home, "KUBECONFIG="+filepath.Join(home, "none"))
	command.Stdin = bytes.NewBufferString(values)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		return "", errors.New(errs.String())
	}
	return out.String(), nil
}

// rendering is what helm says to values.
type rendering struct {
	manifests string
	err       error
}

// rendered are renderings by the helm and the values: most tests look at the same few.
var rendered = map[[2]string]rendering{}

// template renders the chart.
func template(t testing.TB, helm, values string) (string, error) {
	t.Helper()
	r, done := rendered[[2]string{helm, values}]
	if !done {
		r.manifests, r.err = run(t, helm, values, "template", release, "dittoguard", "--namespace", namespace, "--kube-version", oldest, "--values", "-")
		rendered[[2]string{helm, values}] = r
	}
	return r.manifests, r.err
}

// render renders the chart with the first helm and decodes every object into its Go type; unknown fields are errors.
func render(t testing.TB, values string) []client.Object {
	t.Helper()
	return renderWith(t, helms(t)[0], values)
}

func renderWith(t testing.TB, helm, values string) []client.Object {
	t.Helper()
	out, err := template(t, helm, values)
	if err != nil {
		t.Fatalf("rendering: %v", err)
	}
	return decode(t, out)
}

func decode(t testing.TB, manifests string) []client.Object {
	t.Helper()
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(cmapi.AddToScheme(scheme))
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewBufferString(manifests)))
	var objects []client.Object
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		decoded, _, err := decoder.Decode(document, nil, nil)
		if runtime.IsNotRegisteredError(err) && bytes.Contains(document, []byte("apiVersion: monitoring.coreos.com/v1\n")) {
			decoded, _, err = unstructured.UnstructuredJSONScheme.Decode(toJSON(t, document), nil, nil)
		}
		if err != nil {
			t.Fatalf("decoding: %v\n%s", err, document)
		}
		object, ok := decoded.(client.Object)
		if !ok {
			t.Fatalf("%T is no object", decoded)
		}
		objects = append(objects, object)
	}
}

func toJSON(t testing.TB, document []byte) []byte {
	t.Helper()
	text, err := yaml.ToJSON(document)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ofTest says whether only `helm test` creates an object.
func ofTest(object client.Object) bool { return object.GetAnnotations()["helm.sh/hook"] == "test" }

// all returns the objects of a Go type that are installed.
func all[T client.Object](objects []client.Object) []T {
	var list []T
	for _, object := range objects {
		if typed, ok := object.(T); ok && !ofTest(object) {
			list = append(list, typed)
		}
	}
	return list
}

// only returns the one object of a Go type.
func only[T client.Object](t testing.TB, objects []client.Object) T {
	t.Helper()
	list := all[T](objects)
	if len(list) != 1 {
		var zero T
		t.Fatalf("%d objects of type %T, want one", len(list), zero)
	}
	return list[0]
}
