package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/report"
	"github.com/dittoguard/dittoguard/rules"
)

// judgeOptions are the flags of every command that judges a set of objects at once.
type judgeOptions struct {
	ruleOptions
	configFile string
	output     string
	// outputs are those that there are, the first without being asked for; nil means text and json.
	outputs []string
	// failOn is the mildest thing that makes the command fail; empty for a command that never does.
	failOn string
}

func (o *judgeOptions) addFlags(cmd *cobra.Command) {
	o.addFlag(cmd.Flags())
	cmd.Flags().StringVar(&o.configFile, "config", "", "configuration file, kind Configuration (default: built-in defaults)")
	if o.outputs == nil {
		o.outputs = []string{"text", "json"}
	}
	cmd.Flags().StringVarP(&o.output, "output", "o", o.outputs[0], oneOf(o.outputs))
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(o.outputs, cobra.ShellCompDirectiveNoFileComp)))
	cobra.CheckErr(cmd.MarkFlagFilename("config", "yaml", "yml"))
}

// failures are what a verdict can fail on, the worst first; each includes those before it.
var failures = []string{failOnDeny, failOnUnknown}

const (
	failOnDeny    = "deny"
	failOnUnknown = "unknown"
)

// addFailOn is for commands whose exit code is a verdict.
func (o *judgeOptions) addFailOn(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.failOn, "fail-on", failOnDeny, "what makes the command fail: "+oneOf(failures)+"; unknown includes whatever is denied")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(failures, cobra.ShellCompDirectiveNoFileComp)))
}

func (o *judgeOptions) validate() error {
	var errs []error
	if !slices.Contains(o.outputs, o.output) {
		errs = append(errs, fmt.Errorf("--output: expected %s, found %q", oneOf(o.outputs), o.output))
	}
	if o.failOn != "" && !slices.Contains(failures, o.failOn) {
		errs = append(errs, fmt.Errorf("--fail-on: expected %s, found %q", oneOf(failures), o.failOn))
	}
	return errors.Join(errs...)
}

// oneOf is `a or b`, `a, b or c`.
func oneOf(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// What checking the passwords of one object may cost in a command, in htpasswd.Options.Work: about ten seconds of a current
// server's for hashes that are meant to be dear, and whatever a ConfigMap can hold of the others. A person waits, no API
// server.
const (
	offlineWork      = 10_000_000
	offlineCheapWork = 100_000_000
)

// checker makes the Checker that the flags ask for, and notes which exceptions no longer count. The returned function
// releases it.
func (o *judgeOptions) checker(stderr io.Writer) (*check.Checker, func(), error) {
	list, _, err := o.load()
	if err != nil {
		return nil, nil, err
	}
	cfg, err := loadConfig(o.configFile, list)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range cfg.Exceptions {
		if e.Expired(time.Now()) {
			note(stderr, "%s:%d: this exception expired at the end of %s (UTC) and no longer applies", o.configFile, e.Line, e.Expires.Format(time.DateOnly))
		} else if e.Expired(time.Now().Add(soon)) {
			warn(stderr, "%s:%d: this exception expires at the end of %s (UTC)", o.configFile, e.Line, e.Expires.Format(time.DateOnly))
		}
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{Work: offlineWork, CheapWork: offlineCheapWork, NoBackground: true})
	checker, err := check.New(check.Options{Rules: list, Proved: true, Config: cfg, Passwords: passwords})
	if err != nil {
		passwords.Close()
		return nil, nil, err
	}
	return checker, passwords.Close, nil
}

// loadConfig reads the configuration file, if there is one; list are the rules that it may speak of.
func loadConfig(file string, list []rules.HardeningRule) (*config.Config, error) {
	if file == "" {
		return config.Default(), nil
	}
	return config.Load(file, list)
}

// soon is how long before it expires an exception is warned of.
const soon = 14 * 24 * time.Hour

// idle warns of exceptions that let nothing pass: what they were for is mended, or named otherwise.
func (o *judgeOptions) idle(stderr io.Writer, exceptions []config.Exception, result check.Result) {
	for _, e := range exceptions {
		if !e.Expired(time.Now()) && !slices.ContainsFunc(result.Exceptions, func(x check.AppliedException) bool { return x.Line == e.Line }) {
			warn(stderr, "%s:%d: this exception matches no finding", o.configFile, e.Line)
		}
	}
}

// print writes the result and says by its error whether there is anything to fail on.
func (o *judgeOptions) print(w io.Writer, result check.Result) error {
	var err error
	switch o.output {
	case "json":
		err = report.JSON(w, result)
	default:
		err = report.Text(w, result, report.Options{Color: isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"})
	}
	if err != nil {
		return err
	}
	if result.Summary.Denied > 0 || o.failOn == failOnUnknown && len(result.Unknown) > 0 {
		return errFindings
	}
	return nil
}

// isTerminal says whether somebody looks at what is written (or nobody at all: /dev/null is such a device, too).
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
