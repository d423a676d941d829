package literal

import "strings"

// InWords returns the names under which secrets are written out among the words of a command or of options: of
// `-Dname=value`, `--name=value`, `--name value` and `NAME=value`. In a shell's words, what holds a dollar stands for
// something else.
func InWords(words []string, shell bool) []string {
	var names []string
	for i, word := range words {
		name, value, hasValue := strings.Cut(word, "=")
		option := strings.HasPrefix(name, "-")
		shown := strings.TrimLeft(name, `"'`)
		name = strings.TrimLeft(shown, "-")
		if option && !strings.HasPrefix(shown, "--") && len(name) > 1 && name[0] == 'D' {
			name = name[1:]
		}
		if !hasValue && option && i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") {
			value = words[i+1]
		}
		if shell && strings.Contains(value, "$") {
			continue
		}
		if name != "" && Secret(name, strings.Trim(value, `"'`)) {
			names = append(names, shown)
		}
	}
	return names
}
