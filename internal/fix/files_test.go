package fix

import "testing"

func TestTemplate(t *testing.T) {
	for text, want := range map[string]bool{
		"kind: Deployment\nmetadata: {name: a}\n":                              false,
		"replicas: {{ .Values.replicas }}\n":                                   true,
		"env:\n- value: '{{ jwt:aud }}'\n":                                     false,
		"env:\n- value: '{{ jwt:aud }}'\n- value: \"{{ item.cpus }}\"\n":       true,
		"resources:\n  #  # cpu: \"{{ item.cpus }}\"\n  limits: {memory: a}\n": false,
		"{{- if .Values.a }}\nkind: Service\n{{- end }}\n":                     true,
		"key: a # {{ of the line }}\n":                                         true,
	} {
		if got := template(text); got != want {
			t.Errorf("template(%q) = %t", text, got)
		}
	}
}
