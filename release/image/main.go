// Command image makes the container image of dittoguard from binaries, without Docker, and pushes it if told where.
//
//	image --version 0.1.0 --output dist linux/amd64=dist/linux-amd64/dittoguard linux/arm64=dist/linux-arm64/dittoguard
//
// In the output folder, image/ is an OCI layout for all platforms, and image-ARCHITECTURE.tar an archive for one of
// them, for `docker load`, `podman load` and `kind load image-archive`. Standard output has the digest. Credentials are
// those of `docker login`.
//
// It has a module of its own, so that dittoguard does not depend on what it needs.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func main() {
	if err := run(os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "image: error:", err)
		os.Exit(1)
	}
}

func run(args []string, getenv func(string) string, stdout io.Writer) error {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	var r release
	flags.StringVar(&r.version, "version", "", "the version, which is the image's tag as well")
	flags.StringVar(&r.revision, "revision", "", "the commit that the binaries were built from")
	output := flags.String("output", "dist", "the folder that the image is written to")
	push := flags.String("push", "", "push the image to this repository, REGISTRY/NAME; empty: do not push it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if r.version == "" || flags.NArg() == 0 {
		return errors.New("usage: image --version VERSION [--push REGISTRY/NAME] OS/ARCHITECTURE=BINARY...")
	}
	created, err := sourceDate(getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	r.created = created
	var binaries []binary
	for _, arg := range flags.Args() {
		b, err := parseBinary(arg)
		if err != nil {
			return err
		}
		binaries = append(binaries, b)
	}
	index, err := r.index(binaries)
	if err != nil {
		return err
	}
	if err := write(index, r.version, *output); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	if *push != "" {
		if err := pushTo(*push, r.version, index); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(stdout, digest)
	return err
}

// sourceDate is when the source was written (https://reproducible-builds.org/specs/source-date-epoch/). When it was
// built is not said.
func sourceDate(epoch string) (time.Time, error) {
	if epoch == "" {
		return time.Time{}, errors.New("SOURCE_DATE_EPOCH is not set; it is the time of the commit, in seconds (git log -1 --format=%ct)")
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// write writes the layout and an archive for each platform, in place of those that are there.
func write(index v1.ImageIndex, version, output string) error {
	folder := filepath.Join(output, "image")
	if _, err := layout.FromPath(folder); err == nil { // nothing but a layout is removed
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	if err := path.AppendIndex(index,
		layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": version})); err != nil {
		return err
	}
	tag, err := name.NewTag("dittoguard:" + version)
	if err != nil {
		return err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	for _, of := range manifest.Manifests {
		image, err := index.Image(of.Digest)
		if err != nil {
			return err
		}
		if err := tarball.WriteToFile(filepath.Join(output, "image-"+of.Platform.Architecture+".tar"), tag,
			image); err != nil {
			return err
		}
	}
	return nil
}

func pushTo(repository, version string, index v1.ImageIndex) error {
	tag, err := name.NewTag(repository + ":" + version)
	if err != nil {
		return err
	}
	if err := remote.WriteIndex(tag, index, remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return fmt.Errorf("pushing to %s: %w", tag, err)
	}
	return nil
}
