package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/kustomize/kyaml/kio"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/internal/report"
	"github.com/dittoguard/dittoguard/rules"
)

type krmOptions struct {
	verdictOptions
	namespace string
}

func newKRM() *cobra.Command {
	var o krmOptions
	cmd := &cobra.Command{
		Use:   "krm",
		Short: "Judge as a KRM function, of Kustomize for one",
		Long: `Judge the items of a ResourceList, as a KRM function: it comes back on standard output
with the findings as results, and nothing in it is changed. functionConfig may be a
Configuration of dittoguard; --config is read otherwise.

What makes it fail is said on standard error too, since Kustomize shows nothing else.

Exit codes: 0 nothing is denied, 1 could not run, 3 something is denied or what
--fail-on names was found.`,
		Example: `  # where a kustomization names it
  kustomize build --enable-alpha-plugins --enable-exec overlays/production

  # to look at the results
  cat resource-list.yaml | dittoguard krm --fail-on none`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(o.validate(), validateNamespaces("namespace", o.namespace)); err != nil {
				return err
			}
			return o.run(cmd.Context(), cmd)
		},
	}
	o.addVerdictFlags(cmd)
	cmd.Flags().StringVarP(&o.namespace, "namespace", "n", "default", "namespace for objects that do not name one")
	return cmd
}

// krmResult is a result as the KRM functions specification has it
// (github.com/kubernetes-sigs/kustomize, cmd/config/docs/api-conventions/functions-spec.md).
type krmResult struct {
	Message     string            `json:"message"`
	Severity    string            `json:"severity"`
	ResourceRef *krmRef           `json:"resourceRef,omitempty"`
	File        *krmFile          `json:"file,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

type krmRef struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Namespace  string `json:"namespace,omitempty"`
}

type krmFile struct {
	Path  string `json:"path"`
	Index int    `json:"index,omitempty"`
}

var krmSeverities = map[check.Action]string{check.ActionDeny: "error", check.ActionWarn: "warning",
	check.ActionAudit: "info"}

func (o *krmOptions) run(ctx context.Context, cmd *cobra.Command) error {
	list := kio.ByteReadWriter{
		Reader: cmd.InOrStdin(), Writer: cmd.OutOrStdout(), OmitReaderAnnotations: true, KeepReaderAnnotations: true,
	}
	items, err := list.Read()
	if err != nil {
		return fmt.Errorf("reading the ResourceList: %w", err)
	}
	if list.WrappingKind != kio.ResourceListKind {
		return errors.New("expected a ResourceList on standard input; a KRM function is run by kustomize, kpt and the like")
	}
	if err := o.configure(list.FunctionConfig); err != nil {
		return err
	}
	text, from, err := documents(items)
	if err != nil {
		return err
	}
	loaded, err := manifest.Load([]string{"-"}, strings.NewReader(text),
		manifest.Options{Namespace: o.namespace, Command: "dittoguard krm"})
	result, judgeErr := o.judge(ctx, cmd.ErrOrStderr(), loaded)
	if err := errors.Join(err, judgeErr); err != nil {
		return err
	}
	results, err := krmResults(result, from)
	if err != nil {
		return err
	}
	list.Results = results
	if err := list.Write(items); err != nil {
		return fmt.Errorf("writing the ResourceList: %w", err)
	}
	if !o.fails(result) {
		return nil
	}
	shown := placed(result, func(_ string, line int) (string, int) {
		if file := from(line); file != nil {
			return file.Path, 0
		}
		return "", 0
	})
	if err := report.Refusal(cmd.ErrOrStderr(), "these objects", shown, o.failOn, report.Options{}); err != nil {
		return err
	}
	return errFindings
}

// configure takes the configuration from functionConfig, if there is one.
func (o *krmOptions) configure(given *kyaml.RNode) error {
	if given == nil || given.IsNil() {
		return nil
	}
	if kind := given.GetKind(); kind != config.Kind || given.GetApiVersion() != config.APIVersion {
		return fmt.Errorf("functionConfig: expected apiVersion %s and kind %s, found %s, %s", config.APIVersion,
			config.Kind, given.GetApiVersion(), kind)
	}
	// What makes it an object of Kubernetes is for whoever runs the function.
	content := given.Copy()
	if _, err := content.Pipe(kyaml.Clear("metadata")); err != nil {
		return fmt.Errorf("functionConfig: %w", err)
	}
	text, err := content.String()
	if err != nil {
		return fmt.Errorf("functionConfig: %w", err)
	}
	o.given = func(list []rules.HardeningRule) (*config.Config, error) {
		return config.Parse("functionConfig", []byte(text), list)
	}
	return nil
}

// documents are the items that are deployed, as one text, and the file of the item on each line.
func documents(items []*kyaml.RNode) (text string, from func(line int) *krmFile, err error) {
	var b strings.Builder
	type start struct {
		line int
		file *krmFile
	}
	var starts []start
	line := 1
	for _, item := range items {
		if localOnly(item) {
			continue
		}
		one, err := item.String()
		if err != nil {
			return "", nil, fmt.Errorf("reading an item: %w", err)
		}
		one = "---\n" + strings.TrimSuffix(one, "\n") + "\n"
		starts = append(starts, start{line, fileOf(item)})
		line += strings.Count(one, "\n")
		b.WriteString(one)
	}
	return b.String(), func(line int) *krmFile {
		for _, s := range slices.Backward(starts) {
			if s.line <= line {
				return s.file
			}
		}
		return nil
	}, nil
}

// localOnly says whether an item is for tools alone, and deployed nowhere.
func localOnly(item *kyaml.RNode) bool {
	group, _, _ := strings.Cut(item.GetApiVersion(), "/")
	return item.GetAnnotations()["config.kubernetes.io/local-config"] == "true" ||
		slices.Contains([]string{"kustomize.config.k8s.io", "kpt.dev", "config.kubernetes.io", "dittoguard.io"}, group)
}

// fileOf is where an item was read, nil if nothing says so; the annotations without `internal` are those of older
// tools.
func fileOf(item *kyaml.RNode) *krmFile {
	annotations := item.GetAnnotations()
	for _, prefix := range []string{"internal.config.kubernetes.io/", "config.kubernetes.io/"} {
		if path := annotations[prefix+"path"]; path != "" {
			index, err := strconv.Atoi(annotations[prefix+"index"])
			if err != nil {
				index = 0
			}
			return &krmFile{path, index}
		}
	}
	return nil
}

// krmResults are the causes and what is unknown, the worst first.
func krmResults(result check.Result, from func(line int) *krmFile) (*kyaml.RNode, error) {
	result = check.Sorted(result)
	list := []krmResult{}
	for _, c := range result.Causes {
		message := c.Rule + ": " + strings.TrimSpace(c.Message)
		if c.Ways > 0 && len(c.Example) > 0 {
			message += "\nway: " + strings.Join(c.Example, " → ")
		}
		if c.Advice != "" {
			message += "\nfix: " + c.Advice
		}
		list = append(list, krmResult{
			Message: message, Severity: krmSeverities[c.Action], ResourceRef: refOf(c.Subject), File: from(c.Line),
			Tags: map[string]string{"rule": c.Rule, "severity": string(c.Severity)},
		})
	}
	for _, r := range check.Together(result.Unknown) {
		u := r.About[0]
		one := krmResult{Message: "unknown: " + u.What + ": " + strings.TrimSpace(u.Message), Severity: "info",
			ResourceRef: refOf(u.Subject), File: from(u.Line)}
		if len(r.Rules) > 0 {
			one.Tags = map[string]string{"rule": strings.Join(r.Rules, ",")}
		}
		list = append(list, one)
	}
	text, err := yaml.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("writing results: %w", err)
	}
	return kyaml.Parse(string(text))
}

func refOf(r inventory.Ref) *krmRef {
	if r.Name == "" {
		return nil
	}
	return &krmRef{r.APIVersion, r.Kind, r.Name, r.Namespace}
}
