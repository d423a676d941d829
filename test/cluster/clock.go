package cluster

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// clockVariable names the file that says how far the clock of a process is ahead, if the process was built for that.
const clockVariable = "DITTOGUARD_CLOCK"

// moveClock is a file of the main package that moves the clock as the file says.
//
//go:embed testdata/clock/move.go.txt
var moveClock []byte

// The text of Go's own time.Now, and what takes its place: what everything that reads the clock reads, libraries and TLS included. Only the wall
// clock moves, as when somebody sets it: durations are measured by the monotonic one.
const (
	readClock  = "\tsec, nsec, mono := runtimeNow()\n\tif mono == 0 {"
	movedClock = "\tsec, nsec, mono := runtimeNow()\n\tsec += atomic.LoadInt64(&moved)\n\tif mono == 0 {"
	moving     = "\nvar moved int64\n\n// Move sets by how many seconds the clock is ahead.\nfunc Move(seconds int64) { atomic.StoreInt64(&moved, seconds) }\n"
)

// BuildWithClock builds dittoguard with a clock that can be moved (How.Clock). Everything that it consists of is compiled anew, which takes
// minutes the first time.
func BuildWithClock(ctx context.Context, dir string) (binary string, err error) {
	root, err := Root(ctx)
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("finding Go's own packages: %w", withStderr(err))
	}
	original := filepath.Join(strings.TrimSpace(string(out)), "src", "time", "time.go")
	text, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	if strings.Count(string(text), readClock) != 1 || strings.Count(string(text), "import (\n") != 1 {
		return "", errors.New("this version of Go reads the clock in another way: look at time.Now")
	}
	changed := strings.Replace(string(text), readClock, movedClock, 1)
	changed = strings.Replace(changed, "import (\n", "import (\n\t\"sync/atomic\"\n", 1) + moving
	// The paths are in the cache's keys, unlike the checkout's with -trimpath: what is compiled once is kept.
	overlay := map[string]map[string]string{"Replace": {
		original: filepath.Join(dir, "time.go"), filepath.Join(root, "cmd", "dittoguard", "moveclock.go"): filepath.Join(dir, "moveclock.go"),
	}}
	list, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	file, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "dittoguard-with-clock")
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "time.go"), []byte(changed), 0o600), os.WriteFile(filepath.Join(dir, "moveclock.go"), moveClock, 0o600),
		os.WriteFile(file, list, 0o600),
	)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-overlay", file, "-ldflags=-w -linkmode=internal", "-o", binary, "./cmd/dittoguard")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if _, err := cmd.Output(); err != nil {
		return "", fmt.Errorf("building dittoguard with a clock that can be moved: %w", withStderr(err))
	}
	return binary, nil
}

// Clock is a file that says how far the clock of a process is ahead which was built for it.
type Clock string

// Move sets that, negative for behind. It has to be set before the process starts. A running one notices within a tenth of a second.
func (c Clock) Move(by time.Duration) error {
	next := string(c) + ".next"
	if err := os.WriteFile(next, []byte(by.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(next, string(c))
}
