package settings

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// launchVariables carry JVM options, or what the image's own command runs.
var launchVariables = []string{"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JVM_CMD_ARGS_ENV", "_JAVA_OPTIONS",
	"MAIN_CLASS_ENV"}

// Launch is the text that tells what program runs in the container, as far as it is known: the words of its command,
// and the variables that JVM options are taken from or that the command names.
func (s *Settings) Launch() []string {
	var texts []string
	budget := maxExpansions
	for _, word := range slices.Concat(s.container.Command, s.container.Args) {
		texts = append(texts, word)
		if v := s.expand(word, len(s.container.Env), &budget); v.state == present && v.text != word {
			texts = append(texts, v.text)
		}
	}
	names := launchVariables
	for i := range s.container.Env {
		if name := s.container.Env[i].Name; s.commandNames(name) && !slices.Contains(names, name) {
			names = append(slices.Clip(names), name)
		}
	}
	for _, name := range names {
		if v := s.env(name); v.state == present && v.text != "" {
			texts = append(texts, v.text)
		}
	}
	return texts
}

// LaunchesByReference says whether something that tells what program runs comes from a ConfigMap or Secret.
func (s *Settings) LaunchesByReference() bool {
	return slices.ContainsFunc(s.container.Env, func(e corev1.EnvVar) bool {
		return e.ValueFrom != nil && (e.ValueFrom.ConfigMapKeyRef != nil || e.ValueFrom.SecretKeyRef != nil) &&
			(slices.Contains(launchVariables, e.Name) || s.commandNames(e.Name))
	})
}

// commandNames says whether the command may take a variable in.
func (s *Settings) commandNames(name string) bool {
	in := func(word string) bool { return strings.Contains(word, "$") && strings.Contains(word, name) }
	return slices.ContainsFunc(s.container.Command, in) || slices.ContainsFunc(s.container.Args, in)
}
