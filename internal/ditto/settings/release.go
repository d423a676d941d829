package settings

import (
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// Release is a release of Ditto: major and minor number, which is what settings depend on. The zero Release is not
// known.
type Release struct{ Major, Minor int }

// The releases since when Ditto is as it is read here.
var (
	// oneHeader is the first that believes x-ditto-pre-authenticated alone. Before, x-ditto-dummy-auth was believed as
	// well.
	oneHeader = Release{2, 0}
	// oldest is the first with CLASSPATH and extension files in its image.
	oldest = Release{3, 0}
	// statusApart is the first that secures the status apart from DevOps, and that no longer reads
	// DEVOPS_SECURE_STATUS.
	statusApart = Release{3, 2}
	// pekko is the first on Pekko. Before, the same settings lay beneath `akka`.
	pekko = Release{3, 4}
)

// versionLabel says which release it is.
const versionLabel = "app.kubernetes.io/version"

// Release is the one that the pod's label and the tag of the image say, and what says so. Where they differ, it is the
// earlier: what that release believes or leaves open is not to be hidden by a word.
func (s *Settings) Release() (r Release, from string) {
	name, _, _ := strings.Cut(s.container.Image, "@")
	name = name[strings.LastIndexByte(name, '/')+1:]
	if name, tag, tagged := strings.Cut(name, ":"); tagged && strings.HasPrefix(name, "ditto-") {
		r, from = parseRelease(tag), "image "+name+":"+tag
	}
	if label := parseRelease(s.pod.Labels[versionLabel]); label.known() && (!r.known() || label.before(r)) {
		return label, "label " + versionLabel
	}
	return r, from
}

// newest is the minor release of a word that names none: later than all.
const newest = 1 << 10

// parseRelease reads `3.6.2`, `v2.4`, `2.0.0-M1`, or `3`, which is the newest 3.
func parseRelease(text string) Release {
	major, rest, _ := strings.Cut(strings.TrimPrefix(text, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	minor, _, _ = strings.Cut(minor, "-")
	r := Release{Minor: newest}
	var err error
	if r.Major, err = strconv.Atoi(major); err != nil || r.Major < 0 {
		return Release{}
	}
	if rest != "" {
		if r.Minor, err = strconv.Atoi(minor); err != nil || r.Minor < 0 {
			return Release{}
		}
	}
	return r
}

func (r Release) known() bool { return r != Release{} }

// before says whether r is known and an earlier release than o.
func (r Release) before(o Release) bool {
	return r.known() && (r.Major < o.Major || r.Major == o.Major && r.Minor < o.Minor)
}

func (r Release) String() string {
	if r.Minor == newest {
		return strconv.Itoa(r.Major)
	}
	return strconv.Itoa(r.Major) + "." + strconv.Itoa(r.Minor)
}

// OtherHeader says why a step on the way that decides about the identity header may not decide about the identity;
// empty where it does.
func (s *Settings) OtherHeader() string {
	r, from := s.Release()
	if r.before(oneHeader) || !r.known() && s.TooOld() != "" {
		if from == "" {
			from = "its JVM options are those of an old release"
		}
		return reason.Of("former-header", oneHeader, from)
	}
	return ""
}

// TooOld says which release this is, if its settings, paths and headers may be others than those that are read; empty
// where it is one that is known, or nothing says which.
func (s *Settings) TooOld() string {
	r, from := s.Release()
	switch {
	case r.before(oldest):
		return reason.Of("release-too-old", oldest, from)
	case r.known():
		return ""
	}
	// Who still has the options of an old Ditto beside those of a new one has a new one.
	onAkka, onPekko := false, false
	for _, list := range s.jvmArguments().lists {
		for _, p := range list.Properties {
			onAkka = onAkka || strings.HasPrefix(p.Name, "akka.")
			onPekko = onPekko || strings.HasPrefix(p.Name, "pekko.")
		}
	}
	if onAkka && !onPekko {
		return "a release before " + pekko.String() + ", by its JVM options for Akka, and nothing says which"
	}
	return ""
}
