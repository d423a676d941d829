package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// user is who the process runs as unless the cluster says otherwise. By number, so that the kubelet can check
// runAsNonRoot.
const user = "65532:65532"

// A release is what an image says of itself. The same release and the same binaries make the same image, byte for byte.
type release struct {
	version  string
	revision string
	created  time.Time
}

// A binary is dittoguard, built for a platform.
type binary struct {
	platform v1.Platform
	path     string
}

// parseBinary reads OS/ARCHITECTURE=PATH.
func parseBinary(text string) (binary, error) {
	platform, path, ok := strings.Cut(text, "=")
	system, architecture, both := strings.Cut(platform, "/")
	if !ok || !both || system == "" || architecture == "" || path == "" {
		return binary{}, fmt.Errorf("%q is not of the form OS/ARCHITECTURE=PATH", text)
	}
	return binary{v1.Platform{OS: system, Architecture: architecture}, path}, nil
}

// annotations are those of the OCI image specification; labels of the configuration say the same.
func (r release) annotations() map[string]string {
	const home = "https://github.com/dittoguard/dittoguard"
	all := map[string]string{
		"org.opencontainers.image.title":         "dittoguard",
		"org.opencontainers.image.description":   "Enforces Eclipse Ditto's hardening guide at Kubernetes admission.",
		"org.opencontainers.image.licenses":      "Apache-2.0",
		"org.opencontainers.image.source":        home,
		"org.opencontainers.image.documentation": home + "/blob/main/docs/README.md",
		"org.opencontainers.image.version":       r.version,
		"org.opencontainers.image.created":       r.created.UTC().Format(time.RFC3339),
	}
	if r.revision != "" {
		all["org.opencontainers.image.revision"] = r.revision
	}
	return all
}

// index is the image for all platforms.
func (r release) index(binaries []binary) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, b := range binaries {
		image, err := r.image(b)
		if err != nil {
			return nil, fmt.Errorf("the image for %s: %w", b.platform, err)
		}
		index = mutate.AppendManifests(index,
			mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &b.platform}})
	}
	return mutate.Annotations(index, r.annotations()).(v1.ImageIndex), nil
}

// image holds a binary and nothing else. `serve` trusts the CA that Kubernetes mounts, so there are no other
// certificates.
func (r release) image(b binary) (v1.Image, error) {
	layer, err := r.layer(b.path)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	created := v1.Time{Time: r.created.UTC()}
	image, err = mutate.Append(image, mutate.Addendum{
		Layer:   layer,
		History: v1.History{Created: created, CreatedBy: "the binary for " + b.platform.String()},
	})
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created = b.platform.OS, b.platform.Architecture, created
	file.Config = v1.Config{User: user, Entrypoint: []string{"/dittoguard"}, WorkingDir: "/", Labels: r.annotations()}
	image, err = mutate.ConfigFile(image, file)
	if err != nil {
		return nil, err
	}
	return mutate.Annotations(image, r.annotations()).(v1.Image), nil
}

// layer has the binary at the root, owned by root. Nothing in it tells when or by whom it was built.
func (r release) layer(path string) (v1.Layer, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	out := tar.NewWriter(&packed)
	err = out.WriteHeader(&tar.Header{
		Name: "dittoguard", Mode: 0o755, Size: int64(len(content)), ModTime: r.created.UTC().Truncate(time.Second),
		Format: tar.FormatUSTAR,
	})
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(content); err != nil {
		return nil, err
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer))
}
