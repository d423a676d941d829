// Package leash runs programs that end with this process, however it ends: by itself, in a panic, because a test took
// too long, or killed by SIGKILL. A deferred Kill does for the first of these only, and PR_SET_PDEATHSIG follows a
// thread, which in Go is not the process.
//
// This process holds one end of a pipe, which nobody else has, and never writes to it. Beside each program a shell
// reads from the other end; when it gets to the end of the file, this process is gone, and the shell kills its process
// group, which is the program's.
package leash

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// Command is exec.Command for a program that runs until it is stopped. The process that is started becomes the program,
// so that signals and waiting are as usual.
func Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	script, err := script()
	if cmd.Err != nil || err != nil {
		if cmd.Err == nil {
			cmd.Err = err
		}
		return cmd
	}
	cmd.Args = append([]string{shell, "-c", script, shell, cmd.Path}, args...)
	cmd.Path = shell
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// Script writes a program to path that is a command on a leash, for those who start programs by their path. What they
// are given comes after the command's own arguments. They have to give it a process group of its own, else it is on
// none. Only this process can use it.
func Script(path string, command ...string) error {
	text, err := script()
	if err != nil {
		return err
	}
	var quoted strings.Builder
	for _, word := range command {
		quoted.WriteString(" '" + strings.ReplaceAll(word, "'", `'\''`) + "'")
	}
	return os.WriteFile(path, fmt.Appendf(nil, "#!%s\nset --%s \"$@\"\n%s", shell, &quoted, text), 0o700)
}

const shell = "/bin/sh"

// script becomes the program that its arguments name. The group cannot be another one's by the time that it is killed,
// since the shell that does it is in it. There is a group with the number of this process only if this process leads
// one; a group that somebody else is in, who asks a program for its --help say, is left alone.
var script = sync.OnceValues(func() (string, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	// Unlike what os.Pipe returns, a duplicate stays open in the programs that this process starts.
	inherited, err := syscall.Dup(int(read.Fd()))
	if err != nil {
		return "", fmt.Errorf("duplicating a pipe: %w", err)
	}
	held = write // else it would be closed when it is collected
	return fmt.Sprintf(`if kill -s 0 -- -$$ 2>/dev/null; then (read -r nothing </dev/fd/%d; kill -s KILL 0) >/dev/null 2>&1 & fi
exec "$@"
`, inherited), read.Close()
})

// held is this process's end of the pipe.
var held *os.File //nolint:unused // it is kept, not read
