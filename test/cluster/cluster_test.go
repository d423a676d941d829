package cluster

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// childEnv tells this program that it is the child of TestEndsWithItsTest.
const childEnv = "DITTOGUARD_CLUSTER_TEST"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		_, err := Start(Options{Dir: dir})
		fmt.Println("started", err)
		time.Sleep(time.Hour) // until it is killed
	}
	os.Exit(m.Run())
}

// TestEndsWithItsTest: of a control plane whose test was killed nothing is left running.
func TestEndsWithItsTest(t *testing.T) {
	NeedAssets(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Everything below the child inherits the pipe. It ends with the last of them.
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childEnv+"="+t.TempDir(), "TMPDIR="+t.TempDir())
	cmd.ExtraFiles = []*os.File{write}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "started <nil>\n" {
		t.Errorf("the child says %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	read.SetReadDeadline(time.Now().Add(startWithin))
	if _, err := io.ReadAll(read); err != nil {
		t.Errorf("something is still running: %v", err)
	}
}
