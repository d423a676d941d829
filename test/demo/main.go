// Command demo shows what dittoguard is for, on a real API server, with real kubectl and helm, all of it on loopback.
// `make demo` builds what it needs and runs it. It fails if anything does not happen as it says.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctrl.SetLogger(logr.Discard())
	var wait func()
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		wait = func() { untilEnter(ctx, os.Stdin) }
	}
	if err := run(ctx, os.Stdout, wait); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run shows everything in a folder of its own, which is gone afterwards. wait, if there is one, lets the reader go on
// by hand for as long as they like.
func run(ctx context.Context, out io.Writer, wait func()) (err error) {
	dir, err := os.MkdirTemp("", "dittoguard-demo")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := &demo{out: out, dir: dir}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := d.show(ctx); err != nil {
		return d.explain(err)
	}
	if wait != nil {
		d.byHand("Press Enter, or Ctrl-C, to stop everything.")
		wait()
	} else {
		d.byHand("Run it in a terminal, and it waits while you try.")
	}
	return nil
}

// untilEnter waits for a line, the end of the input, or the end of the context.
func untilEnter(ctx context.Context, stdin io.Reader) {
	entered := make(chan struct{})
	go func() {
		_, _ = bufio.NewReader(stdin).ReadString('\n')
		close(entered)
	}()
	select {
	case <-ctx.Done():
	case <-entered:
	}
}
