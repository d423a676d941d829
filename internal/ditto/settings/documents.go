package settings

import (
	"path"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/hocon"
)

// The configuration files that a pod can bring, strongest first.
const (
	fileBased = iota
	extension
	configFile // -Dconfig.file: beneath everything, but substitutions find it
	documentCount
)

// document is a configuration file as far as it is known. hocon is nil if there is none.
type document struct {
	hocon  *hocon.Document
	from   string
	why    string // not empty if the file cannot be read: then it may set anything
	secret bool
}

// read returns one of the files, parsed once.
func (s *Settings) read(which int) *document {
	if s.documents[which] == nil {
		s.documents[which] = new(s.open(which))
	}
	return s.documents[which]
}

func (s *Settings) open(which int) document {
	switch which {
	case fileBased:
		if p := s.hostingEnvironment(); p.mode != modeFile {
			return document{}
		}
		return s.openFileBased()
	case extension:
		return s.openExtension()
	default:
		return s.openConfigFile()
	}
}

// openExtension reads what the service's configuration includes last.
func (s *Settings) openExtension() document {
	switch s.service {
	case Gateway, Policies, Things, Search, Connectivity:
		return s.parse(s.file(dittoHome + "/" + s.service + "-extension.conf"))
	}
	for i := range s.container.VolumeMounts {
		if rest, ok := under(canonical(s.container.VolumeMounts[i].MountPath), dittoHome); ok &&
			(rest == "" || strings.HasSuffix(rest, "-extension.conf")) {
			return document{from: "a file beneath /opt/ditto",
				why: "it is unclear which service of Ditto this is, and so which file it reads"}
		}
	}
	return document{}
}

// openFileBased reads the file that stands in for the development profile.
func (s *Settings) openFileBased() document {
	const name = "HOSTING_ENVIRONMENT_FILE_LOCATION"
	v := s.env(name)
	switch {
	case v.state == absent:
		return document{from: "HOSTING_ENVIRONMENT", why: "HOSTING_ENVIRONMENT is filebased and " + name +
			" is not set; Ditto does not start"}
	case v.state == unclear:
		return document{from: v.from, why: v.why}
	}
	return s.anySyntax(v, name)
}

// openConfigFile reads -Dconfig.file. Nothing that Ditto's own files set is read from it, but a substitution finds it.
func (s *Settings) openConfigFile() document {
	for _, name := range []string{"config.resource", "config.url"} {
		if a := s.property(name); a.Kind != hocon.Absent {
			return document{from: "-D" + name, why: "what -D" + name + " names"}
		}
	}
	switch a := s.property("config.file"); a.Kind {
	case hocon.Absent:
		return document{}
	case hocon.Scalar:
		return s.anySyntax(variable{state: present, text: a.Text}, "-Dconfig.file")
	default:
		return document{from: "-Dconfig.file", why: "what -Dconfig.file names"}
	}
}

// anySyntax reads the file at a location that a setting names. HOCON and JSON are read alike; of a name without a
// suffix Typesafe Config reads .conf, .json and .properties.
func (s *Settings) anySyntax(location variable, setting string) document {
	unread := document{from: setting, why: "the file that " + setting + " names"}
	if strings.Contains(location.text, runtime) || !strings.HasPrefix(location.text, "/") {
		return unread
	}
	switch path.Ext(location.text) {
	case ".conf", ".json":
		f := s.file(location.text)
		if f.state == absent && !f.covered {
			return unread // the image may hold it
		}
		return s.parse(f)
	case ".properties":
		return unread
	}
	conf := s.file(location.text + ".conf")
	for _, suffix := range []string{".json", ".properties"} {
		if f := s.file(location.text + suffix); f.state != absent || !f.covered {
			return unread
		}
	}
	return s.parse(conf)
}

func (s *Settings) parse(f mounted) document {
	d := document{from: f.from, why: f.why, secret: f.secret}
	if f.state != present {
		return d
	}
	var err error
	if d.hocon, err = s.cache.document(f.text); err != nil {
		d.why = f.from + ", " + err.Error() + "; Ditto does not start"
	}
	return d
}

// profile is what HOSTING_ENVIRONMENT chooses.
type profile struct {
	mode mode
	from string
	why  string
}

type mode uint8

const (
	modeProduction mode = iota
	modeDevelopment
	modeFile
	modeUnknown
)

// hostingEnvironment reads the choice once. Ditto's image sets Docker; whatever is not recognised is the development
// profile (HostingEnvironment in Ditto's internal/utils/config).
func (s *Settings) hostingEnvironment() *profile {
	if s.profile != nil {
		return s.profile
	}
	v := s.env("HOSTING_ENVIRONMENT")
	p := &profile{}
	switch {
	case v.state == absent:
	case v.state == unclear, strings.Contains(v.text, runtime):
		p.mode, p.from, p.why = modeUnknown, "env HOSTING_ENVIRONMENT", v.why
		if p.why == "" {
			p.why = "HOSTING_ENVIRONMENT is known only at run time"
		}
	default:
		switch strings.ToLower(v.text) {
		case "production", "docker", "cloud":
		case "filebased":
			p.mode = modeFile
		default:
			p.mode = modeDevelopment
			p.from = "development profile (HOSTING_ENVIRONMENT " + strconv.Quote(shortened(v.text)) + ")"
			if v.secret {
				p.from = "development profile (HOSTING_ENVIRONMENT)"
			}
		}
	}
	s.profile = p
	return p
}

// shortened cuts a value to what a message can show.
func shortened(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
