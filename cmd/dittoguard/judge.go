package main

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/rules"
)

// judgeOptions are the flags of every command that judges a set of objects at once.
type judgeOptions struct {
	ruleOptions
	configFile string
	// given makes the configuration where it comes from elsewhere, nil where it comes from the file.
	given func([]rules.HardeningRule) (*config.Config, error)
}

func (o *judgeOptions) addFlags(cmd *cobra.Command) {
	o.addFlag(cmd.Flags())
	cmd.Flags().StringVar(&o.configFile, "config", "",
		"configuration `file`, kind Configuration (default: built-in defaults)")
	cobra.CheckErr(cmd.MarkFlagFilename("config", "yaml", "yml"))
}

// What checking the passwords of one object may cost in a command, in htpasswd.Options.Work: about ten seconds of a
// current server's for hashes that are meant to be dear, and whatever a ConfigMap can hold of the others. A person
// waits, no API server.
const (
	offlineWork      = 10_000_000
	offlineCheapWork = 100_000_000
)

// checker makes the Checker that the flags ask for, and notes which exceptions no longer count. The returned function
// releases it.
func (o *judgeOptions) checker(stderr io.Writer) (*check.Checker, func(), error) {
	return o.checkerOf(stderr, nil)
}

// checkerOf is checker for the rules that a filter leaves, nil for all; the configuration may speak of the others, too.
func (o *judgeOptions) checkerOf(stderr io.Writer, filter func([]rules.HardeningRule) ([]rules.HardeningRule,
	error)) (*check.Checker, func(), error) {
	list, _, err := o.load()
	if err != nil {
		return nil, nil, err
	}
	judged := list
	var filterErr error
	if filter != nil {
		judged, filterErr = filter(list)
	}
	cfg, err := loadConfig(o.configFile, list)
	if o.given != nil && o.configFile == "" {
		cfg, err = o.given(list)
	}
	if err := errors.Join(filterErr, err); err != nil {
		return nil, nil, err
	}
	for _, e := range cfg.Exceptions {
		if e.Expired(time.Now()) {
			note(stderr, "%s:%d: this exception expired at the end of %s (UTC) and no longer applies", o.configFile,
				e.Line, e.Expires.Format(time.DateOnly))
		} else if e.Expired(time.Now().Add(soon)) {
			warn(stderr, "%s:%d: this exception expires at the end of %s (UTC)", o.configFile, e.Line,
				e.Expires.Format(time.DateOnly))
		}
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{Work: offlineWork, CheapWork: offlineCheapWork,
		NoBackground: true})
	checker, err := check.New(check.Options{Rules: judged, Proved: true, Config: cfg, Passwords: passwords})
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
		if !e.Expired(time.Now()) &&
			!slices.ContainsFunc(result.Exceptions, func(x check.AppliedException) bool { return x.Line == e.Line }) {
			warn(stderr, "%s:%d: this exception matches no finding", o.configFile, e.Line)
		}
	}
}
