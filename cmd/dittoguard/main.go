// Command dittoguard judges how Eclipse Ditto is configured and exposed on Kubernetes: as an admission webhook, in a
// pipeline, or once over a running cluster.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// The exit codes. They are fixed.
const (
	exitClean    = 0
	exitError    = 1
	exitFindings = 3
)

// errFindings says that a command ran well and found something to fail on, errFixtures that a rule is not as its
// fixtures say.
var (
	errFindings = errors.New("findings")
	errFixtures = errors.New("failing fixtures")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot() //nolint:contextcheck // cobra hands the context to the command that runs
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings), errors.Is(err, errFixtures):
		return exitFindings
	}
	printError(stderr, err)
	return exitError
}

// printError prints each of several joined problems on a line of its own. An error that wraps them has words of its
// own, and stays in one piece.
func printError(w io.Writer, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && err.Error() == errors.Join(joined.Unwrap()...).Error() {
		for _, e := range joined.Unwrap() {
			printError(w, e)
		}
		return
	}
	fmt.Fprintf(w, "dittoguard: error: %s\n", strings.TrimSpace(err.Error()))
}
