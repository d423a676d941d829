package htpasswd

import (
	"fmt"

	"github.com/dittoguard/dittoguard/internal/ditto/published"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// sampleHash is the stored password of deployment/docker/nginx.htpasswd, deployment/kubernetes/deploymentFiles/nginx
// and deployment/openshift/nginx of eclipse-ditto/ditto (user and password ditto, DES crypt).
const sampleHash = "A6BgmB8IEtPTs"

// What a verdict says of an entry whose password is published.
const (
	whySample = "it is the sample entry of Ditto's deployment files"
	whyPair   = "the password was published with this user name"
	whyUser   = "the password is the user name"
	whyEmpty  = "the password is empty"
	whyWord   = "the password is a published one"
)

// candidate is a password to try, and what it means if it is the entry's.
type candidate struct {
	password string
	why      string
}

// words makes the passwords to try, likely first. It holds the published lists, which never change.
type words struct {
	pairs map[string][]string
	all   []string
}

func publishedWords() words {
	w := words{pairs: map[string][]string{}, all: published.Published()}
	for _, pair := range published.Pairs() {
		w.pairs[pair.User] = append(w.pairs[pair.User], pair.Password)
	}
	return w
}

// candidates lists what to try for a user, each password once. The first likely ones, those published together with the
// user name, and the user name itself, are worth trying for every entry of a request before the rest is for any.
func (w words) candidates(user string) (list []candidate, likely int) {
	tried := map[string]bool{}
	add := func(password, why string) {
		if !tried[password] {
			tried[password] = true
			list = append(list, candidate{password, why})
		}
	}
	for _, password := range w.pairs[user] {
		add(password, whyPair)
	}
	add(user, whyUser)
	likely = len(list)
	add("", whyEmpty)
	for _, password := range w.all {
		add(password, whyWord)
	}
	return list, likely
}

// What a verdict says of an entry that is not judged.
var (
	whyOther  = reason.Of("hash-not-checked")
	whyFull   = reason.Of("hash-queue-full")
	whyClosed = reason.Of("hash-closed")
	whyCut    = reason.Of("hash-cut")
)

func whyMalformed(s Scheme) string {
	return reason.Of("hash-malformed", s)
}

// whyAbove is why an entry costs too much, empty if it does not: `bcrypt cost 14 is above 12, …`.
func whyAbove(e Entry, maxBcrypt, maxSha int, consequence string) string {
	switch {
	case e.Scheme == Bcrypt && e.Cost > maxBcrypt:
		return reason.Of("hash-cost", fmt.Sprintf("bcrypt cost %d", e.Cost), maxBcrypt, consequence)
	case (e.Scheme == SHA256Crypt || e.Scheme == SHA512Crypt) && e.Cost > maxSha:
		return reason.Of("hash-cost", fmt.Sprintf("%s with %d rounds", e.Scheme, e.Cost), maxSha, consequence)
	}
	return ""
}
