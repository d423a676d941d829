package leash

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childEnv tells this program that it is the child of TestEndsWithItsProcess, and how to end.
const childEnv = "DITTOGUARD_LEASH_TEST"

func TestMain(m *testing.M) {
	if how := os.Getenv(childEnv); how != "" {
		if err := child(how); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// child starts programs in every way there is, each with a process of its own below it, says so, and ends, or waits to be killed.
func child(how string) error {
	const family = "sleep 600 & exec sleep 600"
	if err := Command("sh", "-c", family).Start(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "leash")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "it's a shell")
	if err := Script(path, shell); err != nil {
		return err
	}
	// As controller-runtime's envtest starts etcd and kube-apiserver.
	cmd := exec.Command(path, "-c", "echo started; "+family)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "started\n" {
		return fmt.Errorf("the script says %q, %w", line, err)
	}
	// And as it asks them for their flags: in this process's own group, which is not to be killed.
	if err := exec.Command(path, "-c", "true").Run(); err != nil {
		return err
	}
	os.RemoveAll(dir)
	fmt.Println("ready")
	switch how {
	case "exits":
		os.Exit(0)
	case "panics":
		panic("on purpose")
	}
	time.Sleep(time.Hour) // until it is killed
	return nil
}

// TestEndsWithItsProcess: everything that has been started is gone, whatever ended who started it.
func TestEndsWithItsProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"exits", "panics", "is killed"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			// Everything below the child inherits the pipe. It ends with the last of them.
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer read.Close()
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), childEnv+"="+how)
			cmd.ExtraFiles = []*os.File{write}
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			write.Close()
			// Somebody else in the child's group.
			other := exec.Command("sleep", "600")
			other.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: cmd.Process.Pid}
			if err := other.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
				t.Fatalf("the child says %q, %v", line, err)
			}
			if how == "is killed" {
				cmd.Process.Kill()
			}
			cmd.Wait()
			read.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err := io.ReadAll(read); err != nil {
				t.Errorf("something is still running a minute after the end of who started it: %v", err)
			}
			if err := other.Process.Signal(syscall.SIGTERM); err != nil {
				t.Errorf("what it did not start has ended, too: %v", err)
			}
			if other.Wait(); other.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
				t.Errorf("what it did not start has ended by %v", other.ProcessState)
			}
		})
	}
}

func TestIsTheProgramItself(t *testing.T) {
	cmd := Command("sh", "-c", `echo "$$ $1"; exit 3`, "sh", "an argument's")
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 3 {
		t.Errorf("it ended with %v", err)
	}
	if want := fmt.Sprintf("%d an argument's\n", cmd.Process.Pid); string(out) != want {
		t.Errorf("it says %q, want %q", out, want)
	}
	if err := Command("no-such-program").Start(); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("without the program: %v", err)
	}
}

// TestNothingRunsLoose: a program that is started without a context is one that goes on, and has to be on a leash.
func TestNothingRunsLoose(t *testing.T) {
	loose := regexp.MustCompile(`\bexec\.Command\(`)
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "leash" || strings.HasPrefix(entry.Name(), ".") && path != "../..") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if loose.Match(text) {
			t.Errorf("%s: use leash.Command for what goes on until it is stopped, exec.CommandContext for what ends by itself", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
