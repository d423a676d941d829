package settings

import (
	"path"
	"strings"
	"unicode/utf8"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// secretFile is the value of `secrets.<id>.value`: the first line of the file named by `secrets.<id>.name` in the
// directory SECRETS_DIR, else /run/secrets (SecretsAsConfigSupplier and SecretFromPathReader in Ditto's
// internal/utils/config). Ditto goes on without a file that it cannot read.
func (q *question) secretFile(id string) hocon.Answer {
	s := q.settings
	name := q.secretName(id)
	switch name.Kind {
	case hocon.Absent:
		return hocon.Answer{} // Ditto has no secret of this name
	case hocon.Scalar:
	default:
		return unknown(name.From, reason.Of("secret-file-not-known", id))
	}
	if d := s.read(fileBased); d.hocon != nil {
		if a := d.hocon.Lookup("secrets."+id+".name", hocon.Outside{Budget: &q.budget}); a.Kind != hocon.Absent {
			return unknown(d.from, reason.Of("secret-file-by-another-file", d.from, id))
		}
	}
	dir := "/run/secrets"
	v := s.env("SECRETS_DIR")
	switch {
	case v.state == unclear:
		return unknown(v.from, v.why)
	case v.state == present:
		if dir = v.text; !strings.HasPrefix(dir, "/") {
			dir = path.Join(dittoHome, dir) // the image's working directory
		}
	}
	file := name.Text
	if !strings.HasPrefix(file, "/") {
		file = path.Join(dir, file)
	}
	if strings.Contains(file, runtime) {
		return unknown("a file in "+dir, reason.Of("secret-file-at-run-time", id))
	}
	f := s.file(file)
	switch f.state {
	case absent:
		if v.state == present && !f.covered || strings.HasPrefix(name.Text, "/") {
			return unknown(file, reason.Of("secret-file-of-the-image", file))
		}
		return hocon.Answer{}
	case unclear:
		return unknown(f.from, f.why)
	case present:
	}
	if f.text == "" || !utf8.ValidString(f.text) {
		return hocon.Answer{}
	}
	line := f.text
	if end := strings.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	return hocon.Answer{Kind: hocon.Scalar, Text: line, From: f.from, Secret: true}
}

// secretName is the name of the file. It is read before system properties and other files are known: only the extension
// file and the environment count.
func (q *question) secretName(id string) hocon.Answer {
	own := hocon.Answer{}
	for _, known := range []struct{ id, env string }{
		{"devops_password", "DEVOPS_PASSWORD_NAME"},
		{"status_password", "STATUS_PASSWORD_NAME"},
	} {
		if known.id != id || q.settings.service != Gateway {
			continue
		}
		if own = q.environment(known.env); own.Kind == hocon.Absent {
			own = hocon.Answer{Kind: hocon.Scalar, Text: id, From: defaultSource}
		}
	}
	d := q.settings.read(extension)
	if d.why != "" {
		return unknown(d.from, d.why)
	}
	if d.hocon == nil {
		return own
	}
	return d.hocon.Lookup("secrets."+id+".name", hocon.Outside{
		Below:   func(string) hocon.Answer { return own },
		Resolve: q.environment,
		Budget:  &q.budget,
	})
}
