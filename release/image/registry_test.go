package main

import (
	"archive/tar"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// serveRegistry is a registry on loopback, as HOST:PORT.
func serveRegistry(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// TestThePulledImageRuns: what was pushed comes back with the same digest, says what it is, and runs as its user where there is
// nothing else.
func TestThePulledImageRuns(t *testing.T) {
	repository := serveRegistry(t) + "/platform/dittoguard"
	digest := build(t, t.TempDir(), repository, "linux/amd64="+compile(t, checkout), "linux/arm64="+other(t))

	tag, err := name.NewTag(repository + ":" + version)
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(tag)
	if err != nil {
		t.Fatal(err)
	}
	if pulled, err := index.Digest(); err != nil || pulled.String() != digest {
		t.Errorf("pushed %s, pulled %s (%v)", digest, pulled, err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, of := range manifest.Manifests {
		platforms = append(platforms, of.Platform.String())
	}
	if diff := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, platforms); diff != "" {
		t.Error(diff)
	}
	image, err := remote.Image(tag, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "amd64"}))
	if err != nil {
		t.Fatal(err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if file.Config.User != "65532:65532" || file.Created.Unix() != 1764000000 {
		t.Errorf("user %q, created %v", file.Config.User, file.Created)
	}
	for name, want := range map[string]string{"version": version, "revision": revision, "created": "2025-11-24T16:00:00Z", "licenses": "Apache-2.0"} {
		name = "org.opencontainers.image." + name
		if label, annotation := file.Config.Labels[name], manifest.Annotations[name]; label != want || annotation != want {
			t.Errorf("%s: label %q, annotation %q, want %q", name, label, annotation, want)
		}
	}
	root := t.TempDir()
	if names := extract(t, image, root); len(names) != 1 || names[0] != "dittoguard" {
		t.Errorf("the image holds %v", names)
	}
	if os.Getuid() != 0 {
		skip(t, "only root can change the root folder: the binary of a pulled image was not run")
	}
	inside := func(stdin string, args ...string) (out string, code int) {
		t.Helper()
		command := exec.CommandContext(t.Context(), file.Config.Entrypoint[0], args...)
		command.Dir, command.Env, command.Stdin = "/", []string{}, strings.NewReader(stdin)
		command.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		text, err := command.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(text), command.ProcessState.ExitCode()
	}
	if out, code := inside("", "version"); code != 0 || out != "dittoguard "+version+"\n" {
		t.Errorf("version: %d, %s", code, out)
	}
	exposed, err := os.ReadFile(filepath.Join(checkout, "test/demo/manifests/exposed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if out, code := inside(string(exposed), "check", "-"); code != 3 || !strings.Contains(out, "preauth-exposed") {
		t.Errorf("check: %d, %s", code, out)
	}
	if out, code := inside("", "serve"); code != 1 || strings.Contains(out, "panic") {
		t.Errorf("serve where there is no cluster: %d, %s", code, out)
	}
}

// extract writes the files of an image into a folder that everybody may read, and returns their names.
func extract(t *testing.T, image v1.Image, to string) []string {
	t.Helper()
	// A folder of a test can be entered by its user alone, and so can those above it.
	for folder := to; folder != os.TempDir() && folder != "/"; folder = filepath.Dir(folder) {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files := mutate.Extract(image)
	defer files.Close()
	var names []string
	for in := tar.NewReader(files); ; {
		header, err := in.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 || header.Mode != 0o755 {
			t.Errorf("%s: owner %d:%d, mode %o", header.Name, header.Uid, header.Gid, header.Mode)
		}
		content, err := io.ReadAll(in)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, header.Name), content, header.FileInfo().Mode())
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
}

// TestARelease: release/publish pushes image and chart and signs what was pushed; helm pulls a chart that runs this image.
func TestARelease(t *testing.T) {
	helm := filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "helm")
	if _, err := os.Stat(helm); err != nil || !filepath.IsAbs(helm) {
		skip(t, "KUBEBUILDER_ASSETS names no folder with helm: no chart was pushed")
	}
	host, work := serveRegistry(t), t.TempDir()
	run := func(program string, args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), program, args...)
		command.Env = append(os.Environ(), "HELM_CONFIG_HOME="+work, "HELM_CACHE_HOME="+work, "HELM_DATA_HOME="+work, "DIST="+work, "HELM="+helm,
			"IMAGE="+host+"/platform/dittoguard", "CHARTS=oci://"+host+"/charts", "HELM_PUSH_FLAGS=--plain-http", "SIGN=echo signed",
			"PLATFORMS=linux/amd64", "SOURCE_DATE_EPOCH=1764000000", "MAKEFLAGS=", "MAKELEVEL=")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	published := run(filepath.Join(checkout, "release/publish"), version)
	digest := func(repository string) v1.Hash {
		t.Helper()
		reference, err := name.ParseReference(host + repository + ":" + version)
		if err != nil {
			t.Fatal(err)
		}
		found, err := remote.Get(reference)
		if err != nil {
			t.Fatal(err)
		}
		// Signed by its digest, since a tag can move.
		if signed := "signed " + host + repository + "@" + found.Digest.String() + "\n"; !strings.Contains(published, signed) {
			t.Errorf("%q was not signed:\n%s", signed, published)
		}
		return found.Digest
	}
	image, chart := digest("/platform/dittoguard"), digest("/charts/dittoguard")

	pulled := run(helm, "pull", "oci://"+host+"/charts/dittoguard", "--version", version, "--plain-http", "--untar", "--untardir", filepath.Join(work, "pulled"))
	if !strings.Contains(pulled, chart.String()) {
		t.Errorf("helm pulled something other than %s:\n%s", chart, pulled)
	}
	folder := filepath.Join(work, "pulled/dittoguard")
	for want, flags := range map[string][]string{
		"/dittoguard:" + version:          nil,
		"/dittoguard@" + image.String():   {"--set", "image.digest=" + image.String()},
		"image: \"" + host + "/platform/": {"--set", "image.repository=" + host + "/platform/dittoguard"},
	} {
		if out := run(helm, append([]string{"template", "x", folder}, flags...)...); !strings.Contains(out, want) {
			t.Errorf("with %v the chart does not run %s:\n%s", flags, want, out)
		}
	}
}

// skip has `make test` say at its end what was not tested, as test/missing does in dittoguard's own module.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	if name := os.Getenv("DITTOGUARD_TEST_MISSING"); name != "" {
		out, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if _, err := out.WriteString(why + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(why)
}
