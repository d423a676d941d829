package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "dittoguard",
		Short: "Enforce Eclipse Ditto's hardening guide on Kubernetes",
		Long: `dittoguard judges how Eclipse Ditto is configured and exposed on Kubernetes, by the
rules of Ditto's hardening guide. The same rules run as an admission webhook
(serve), over manifests in a pipeline (check) and over a running cluster (audit).`,
		Example: `  dittoguard check deploy/
  dittoguard rules show preauth-exposed`,
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())
	})
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(newHelp())
	root.AddCommand(newCheck(), newFix(), newAudit(), newDiff(), newExplain(), newServe(), newRules(), newTest(),
		newGenerate(), newExport(), newKRM(), newPostRender(), newProbe(), newCompletion(), newVersion())
	calledBy(root, program())
	return root
}

// program is what people type to run this: kubectl and helm run their plugins under names of their own.
func program() string {
	switch base, _, _ := strings.Cut(filepath.Base(os.Args[0]), "."); {
	case strings.HasPrefix(base, "kubectl-"):
		return "kubectl dittoguard"
	case os.Getenv("HELM_PLUGIN_NAME") == "dittoguard":
		return "helm dittoguard"
	}
	return "dittoguard"
}

// calledBy names a program in usage texts and examples.
func calledBy(root *cobra.Command, name string) {
	if name == root.Name() {
		return
	}
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: name}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Example = called.ReplaceAllString(cmd.Example, "${1}"+name+" ")
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// called is where an example runs the program.
var called = regexp.MustCompile(`(?m)(^\s*|\| )dittoguard `)

// noArgs refuses arguments in words that fit commands without subcommands, too.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unexpected argument %q; see %s --help", args[0], cmd.CommandPath())
}

// newHelp is cobra's help command, but for topics that do not exist: those are an error.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if found, _, err := cmd.Root().Find(args); err == nil {
				for _, sub := range found.Commands() {
					if sub.IsAvailableCommand() {
						names = append(names, sub.Name())
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("there is no command %q; see %s --help", strings.Join(args, " "),
					cmd.Root().CommandPath())
			}
			found.InitDefaultHelpFlag()
			found.InitDefaultVersionFlag()
			return found.Help()
		},
	}
}

// shells are those that cobra writes completion scripts for, in order.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Write a completion script for bash, zsh, fish or powershell",
		Long: `Write a script that lets the shell complete commands, flags and names of rules.

In bash (with the package bash-completion):  source <(dittoguard completion bash)
In zsh (after compinit):                     source <(dittoguard completion zsh)
In fish:                                     dittoguard completion fish | source
In PowerShell:                               dittoguard completion powershell | Out-String | Invoke-Expression`,
		Example:   "  dittoguard completion bash",
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("name one shell: %s", strings.Join(shells, ", "))
			}
			out := cmd.OutOrStdout()
			switch root := cmd.Root(); args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return fmt.Errorf("there are no completions for %q; expected one of %s", args[0],
				strings.Join(shells, ", "))
		},
	}
}
