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
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes. They are fixed.
const (
	exitClean    = 0
	exitError    = 1
	exitFindings = 3
)

// version is set by the linker; see buildVersion.
var version string

// errFindings says that a command ran well and found something that is denied.
var errFindings = errors.New("denied findings")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	}
	printError(stderr, err)
	return exitError
}

// printError prints each of several joined problems on a line of its own.
func printError(w io.Writer, err error) {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) && err.Error() == errors.Join(joined.Unwrap()...).Error() {
		for _, e := range joined.Unwrap() {
			printError(w, e)
		}
		return
	}
	fmt.Fprintf(w, "dittoguard: error: %v\n", err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "dittoguard",
		Short: "Enforce Eclipse Ditto's hardening guide on Kubernetes",
		Long: `dittoguard judges how Eclipse Ditto is configured and exposed on Kubernetes, by the
rules of Ditto's hardening guide. The same rules run as an admission webhook
(serve), over manifests in a pipeline (check) and over a running cluster (audit).`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
	}
	root.AddCommand(newCheck(), newAudit(), newServe(), newRules(), newVersion())
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "dittoguard", buildVersion())
			return err
		},
	}
}

// buildVersion is the version that the linker set, else the module's.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}
