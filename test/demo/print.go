package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

func (d *demo) print(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

// begin says what comes next. What it returns says how long it took, if that was long.
func (d *demo) begin(what string) (done func()) {
	d.step++
	d.print("\n%d. %s.\n", d.step, what)
	started := time.Now()
	return func() {
		if took := time.Since(started); took > time.Second {
			d.print("   %.0f s\n", took.Seconds())
		}
	}
}

// kubectl shows a command and what matters of its output, and fails if the command ends in another way than it should.
func (d *demo) kubectl(ctx context.Context, args []string, succeeds bool) (string, error) {
	d.print("   $ kubectl %s\n", strings.ReplaceAll(strings.Join(args, " "), d.dir+"/manifests/", ""))
	out, err := d.cluster.Kubectl(ctx, nil, args...)
	switch {
	case ctx.Err() != nil:
		return out, ctx.Err()
	case succeeds && err != nil:
		return out, fmt.Errorf("%w\n%s", err, out)
	case !succeeds && err == nil:
		return out, fmt.Errorf("kubectl %s should have been refused:\n%s", strings.Join(args, " "), out)
	}
	for _, line := range digest(out) {
		d.print("   %s\n", line)
	}
	return out, nil
}

// width is where lines are folded.
const width = 110

// digest leaves out of kubectl's output the warnings, and what it says before an admission webhook's message.
func digest(out string) []string {
	var lines []string
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		if _, message, found := strings.Cut(line, "denied the request: "); found {
			line = "Refused: " + message
		}
		if strings.HasPrefix(line, "Warning: ") && !strings.Contains(line, ": set ") || strings.HasPrefix(line, "#") {
			continue
		}
		lines = append(lines, fold(line)...)
	}
	return lines
}

// fold breaks a line between words.
func fold(line string) []string {
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var lines []string
	current := ""
	for word := range strings.FieldsSeq(line) {
		switch {
		case current == "":
			current = indent + word
		case len([]rune(current))+1+len([]rune(word)) > width:
			lines = append(lines, current)
			current = indent + "  " + word
		default:
			current += " " + word
		}
	}
	return append(lines, current)
}
