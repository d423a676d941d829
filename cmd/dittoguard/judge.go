package main

import (
	"errors"
	"fmt"
	"io"
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
	configFile string
	output     string
}

func (o *judgeOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.configFile, "config", "", "configuration file (kind Configuration); without it the defaults hold")
	cmd.Flags().StringVarP(&o.output, "output", "o", "text", "text or json")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	cobra.CheckErr(cmd.MarkFlagFilename("config", "yaml", "yml"))
}

func (o *judgeOptions) validate() error {
	switch o.output {
	case "text", "json":
		return nil
	}
	return fmt.Errorf("--output: %q is not an output; expected text or json", o.output)
}

// offlineBudget is what checking passwords may take in one run of a command. A person waits, no API server.
const offlineBudget = 5 * time.Second

// checker makes the Checker that the flags ask for. The returned function releases it.
func (o *judgeOptions) checker() (*check.Checker, func(), error) {
	cfg, builtin, err := loadConfig(o.configFile)
	if err != nil {
		return nil, nil, err
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{Budget: offlineBudget, NoBackground: true})
	checker, err := check.New(check.Options{Rules: builtin, Proved: true, Config: cfg, Passwords: passwords})
	if err != nil {
		passwords.Close()
		return nil, nil, err
	}
	return checker, passwords.Close, nil
}

// loadConfig reads the configuration file, if there is one, and the built-in rules that it may speak of.
func loadConfig(file string) (*config.Config, []rules.HardeningRule, error) {
	builtin, err := rules.Builtin()
	if err != nil {
		return nil, nil, fmt.Errorf("loading built-in rules: %w", err)
	}
	if file == "" {
		return config.Default(), builtin, nil
	}
	cfg, err := config.Load(file, rules.Names(builtin))
	return cfg, builtin, err
}

// print writes the result and says by its error whether anything is denied.
func (o *judgeOptions) print(w io.Writer, result check.Result) error {
	var err error
	switch o.output {
	case "json":
		err = report.JSON(w, result)
	default:
		err = report.Text(w, result, report.Options{})
	}
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if result.Summary.Denied > 0 {
		return errFindings
	}
	return nil
}

var errNoInput = errors.New("nothing to judge: name files or folders with manifests, or - for standard input")
