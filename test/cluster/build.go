package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// module is the Go module that this package belongs to.
const module = "github.com/dittoguard/dittoguard"

// Root is the folder of the checkout.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("finding the checkout: %w", withStderr(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// Build builds one command of the checkout, `./cmd/dittoguard` say, into dir and returns the path of the binary. Folder
// is where the command's module is, relative to the checkout; "." is dittoguard's own. With the race detector in this
// program, dittoguard is built with it too.
func Build(ctx context.Context, folder, command, dir string) (string, error) {
	root, err := Root(ctx)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, filepath.Base(filepath.Join(root, folder, command)))
	// Without DWARF and a C linker it takes half as long.
	args := []string{"build", "-trimpath", "-ldflags=-s -w -linkmode=internal", "-o", binary}
	if raceDetector && folder == "." {
		args = append(args, "-race")
	}
	cmd := exec.CommandContext(ctx, "go", append(args, command)...)
	cmd.Dir = filepath.Join(root, folder)
	if !raceDetector { // which needs cgo
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
	}
	if _, err := cmd.Output(); err != nil {
		return "", fmt.Errorf("building %s: %w", command, withStderr(err))
	}
	return binary, nil
}

// withStderr adds what a command said.
func withStderr(err error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	return err
}
