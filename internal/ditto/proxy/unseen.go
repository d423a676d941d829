package proxy

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/command"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/sealed"
	"github.com/dittoguard/dittoguard/internal/ditto/settings"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
)

// told is what tells a proxy that is not read what to forward, as far as it can be seen.
type told struct {
	part recognize.Part
	by   recognize.Configured
	// text is all that can be seen: variables, the command line, files. files are those of ConfigMaps and Secrets.
	text  string
	files []podspec.File
	start []command.Command
	// places are the files and folders that configuration lies in.
	places []string
	// hidden is what cannot be seen.
	hidden []string
}

// unseen says which of the places that a proxy takes its configuration from cannot be looked into, of one that is not
// read: the hosts that it is told of elsewhere are not all that it may lead to.
func unseen(v *world.View, part recognize.Part) []string {
	template := part.Workload.PodTemplate()
	if recognize.ServesGateway(template) {
		return nil
	}
	t := &told{part: part, by: recognize.ConfiguredBy(part.Software)}
	t.places = slices.Clone(t.by.Folders)
	files, absent := podspec.Files(v, part.Workload.Ref.Namespace, template, part.Container)
	t.files = files
	given := settings.ContainerOf(v, part.Workload.Ref.Namespace, template, part.Container)
	t.readGiven(given)
	for _, a := range absent {
		if t.isPlace(a.Path) {
			t.hidden = append(t.hidden, sealed.Missing(v, a.Ref))
		}
	}
	for i := range part.Container.VolumeMounts {
		mount := &part.Container.VolumeMounts[i]
		if at := path.Clean(mount.MountPath); t.isPlace(at) {
			if kind := hiddenVolume(template, part.Container, mount.Name); kind != "" {
				t.hidden = append(t.hidden, reason.Of("proxy-volume-not-read", mount.Name, kind, at))
			}
		}
	}
	t.readVariables(given)
	seen := t.isSeen(v)
	if program := writers(t.start, !seen, recognize.CommandsOf(part.Software)...); len(program) > 0 {
		t.hidden = append(t.hidden, reason.Of("proxy-start-writes", strings.Join(program, ", ")))
	}
	if t.by.ToldByOthers(t.text) {
		t.hidden = append(t.hidden, reason.Of("proxy-told-by-others"))
	}
	if !seen && len(t.hidden) == 0 && !t.by.IsStock(part.Container.Image) && !recognize.IsTunnel(part.Software) {
		t.hidden = append(t.hidden, reason.Of("proxy-configuration-not-seen"))
	}
	return t.hidden
}

// flagOfConfiguration is a flag, or a variable, that names a file or folder of configuration.
var flagOfConfiguration = regexp.MustCompile(
	`(?i)^-{0,2}(?:[fcdrs]|conf|.*config(?:uration)?(?:[-._]?(?:file|path|dir|directory))?|.*file[._](?:directory|filename)|routes-file)$`)

// readGiven notes what the variables and the command line say, and which places they name.
func (t *told) readGiven(given *settings.Container) {
	var text strings.Builder
	name := func(flag, value string) {
		if flagOfConfiguration.MatchString(flag) && path.IsAbs(value) {
			t.places = append(t.places, path.Clean(value))
		}
	}
	for _, variable := range given.Variables() {
		fmt.Fprintf(&text, "%s=%s\n", variable.Name, variable.Text)
		name(variable.Name, variable.Text)
	}
	words, args := given.CommandLine()
	for _, word := range slices.Concat(words, args) {
		fmt.Fprintf(&text, "%s\n%s\n", word.Text, word.Written)
	}
	t.start = startOf(t.part, t.files)
	for _, c := range t.start {
		for i, word := range c.Words {
			flag, value, assigned := strings.Cut(word, "=")
			if !assigned && i+1 < len(c.Words) {
				value = c.Words[i+1]
			}
			if len(flag) > 1 && flag[0] == '-' {
				name(flag, value)
			}
		}
	}
	for _, f := range t.files {
		if t.isPlace(f.Path) || !isBeside(f.Path) {
			text.WriteString(f.Text + "\n")
		}
	}
	t.text = text.String()
}

// besides are words in names of files and folders that hold no configuration of what is forwarded: credentials,
// content, what a program keeps.
var besides = []string{
	"acme", "auth", "ca", "cache", "cert", "certificate", "certificates", "certs", "content", "crt", "cred", "credentials",
	"creds", "crl", "data", "dhparam", "errors", "htdocs", "html", "htpasswd", "key", "keys", "letsencrypt", "log", "logs",
	"passwd", "password", "passwords", "pem", "pki", "private", "public", "run", "secret", "secrets", "ssl", "static", "tls",
	"tmp", "token", "tokens", "users", "www",
}

func isBeside(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("/-_.", r) })
	return slices.ContainsFunc(words, func(word string) bool { return slices.Contains(besides, word) })
}

// isPlace says whether configuration lies at a path, in it, or in a folder that it is in.
func (t *told) isPlace(at string) bool {
	return slices.ContainsFunc(t.places, func(place string) bool {
		return podspec.Within(place, at) || podspec.Within(at, place) && !isBeside(strings.TrimPrefix(at, place))
	})
}

// isSeen says whether there is something that tells the proxy what to forward.
func (t *told) isSeen(v *world.View) bool {
	if t.by.ToldInline(t.text) || t.by.ToldByObjects(t.text) ||
		slices.ContainsFunc(t.files, func(f podspec.File) bool { return t.isPlace(f.Path) }) {
		return true
	}
	if t.by.ByFile {
		// A script may make it of another one.
		return len(writers(t.start, false)) > 0 &&
			slices.ContainsFunc(t.files, func(f podspec.File) bool { return !isBeside(f.Path) })
	}
	return slices.ContainsFunc(v.Namings(t.part.Workload, t.part.Container),
		func(n world.Naming) bool { return !n.Weak && n.Name != "0.0.0.0" && n.Name != "::" })
}

// readVariables notes the variables of which the values cannot be seen, where what is told makes use of them, or by
// whose names they hold hosts.
func (t *told) readVariables(given *settings.Container) {
	for _, variable := range given.Variables() {
		if variable.Why == "" || !t.fromObject(variable.Name) {
			continue
		}
		if world.SpeaksOfHosts(variable.Name) || t.uses(variable.Name) && !isBeside(variable.Name) {
			t.hidden = append(t.hidden, variable.From+": "+variable.Why)
		}
	}
	for _, missing := range given.Missing() {
		t.hidden = append(t.hidden, reason.Of("proxy-settings-not-found", missing))
	}
}

// fromObject says whether a variable comes from an object, and not from the pod itself.
func (t *told) fromObject(name string) bool {
	return slices.ContainsFunc(t.part.Container.Env, func(e corev1.EnvVar) bool {
		from := e.ValueFrom
		return e.Name == name && from != nil && from.FieldRef == nil && from.ResourceFieldRef == nil
	})
}

// uses says whether the text names a variable: $X, ${X}, $(X), {$X}, {{ env "X" }}, {env.X}, "%[env(X)]".
func (t *told) uses(name string) bool {
	for rest := t.text; ; {
		at := strings.Index(rest, name)
		if at < 0 {
			return false
		}
		end := rest[at+len(name):]
		if at > 0 && strings.ContainsRune(`$({."'`, rune(rest[at-1])) &&
			(end == "" || !isNameByte(end[0])) {
			return true
		}
		rest = end
	}
}

func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}
