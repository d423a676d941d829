package topology

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/proxy"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/sealed"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Credentials are the entries of the password files that a Secret or ConfigMap holds. A key is a password file if its
// name says so, or if a proxy's configuration or an Ingress refers to it as one, whatever it is called.
//
// Entries that were not checked within the verifier's bounds are unknown.
func Credentials(v *world.View, ctx context.Context, o *inventory.Object,
	verifier *htpasswd.Verifier) []facts.Credential {
	if sealed.Is(o) {
		return sealedCredentials(o)
	}
	data := podspec.DataOf(o)
	var (
		credentials []facts.Credential
		entries     []htpasswd.Entry
	)
	add := func(key string, list []htpasswd.Entry) {
		for _, entry := range list {
			entries = append(entries, entry)
			credentials = append(credentials, facts.Credential{
				Key: key, User: entry.User, Scheme: string(entry.Scheme), InConfigMap: o.Ref.Kind == "ConfigMap",
			})
		}
	}
	files, maps := passwordKeys(v, o, data)
	for _, key := range files {
		list, _ := htpasswd.Parse([]byte(data[key]))
		add(key, list)
	}
	for _, key := range maps {
		list, _ := htpasswd.Map(key, []byte(data[key]))
		add(key, list)
	}
	if len(entries) == 0 {
		return nil
	}
	for i, verdict := range verifier.Check(ctx, entries) {
		credentials[i].State, credentials[i].Why = string(verdict.State), verdict.Why
	}
	return credentials
}

// sealedCredentials stand for the password files, told by their names, in a Secret that is made from an object.
func sealedCredentials(o *inventory.Object) (credentials []facts.Credential) {
	for _, key := range sealed.Keys(o) {
		if namesPasswordFile(key) {
			credentials = append(credentials, facts.Credential{Key: key, Scheme: string(htpasswd.Other),
				State: tri.Unknown, Why: sealed.Why(o)})
		}
	}
	return credentials
}

func namesPasswordFile(key string) bool { return strings.Contains(strings.ToLower(key), "htpasswd") }

// passwordKeys are the keys that hold password files, and those that hold one user's hash each.
func passwordKeys(v *world.View, o *inventory.Object, data map[string]string) (files, users []string) {
	isFile, isUser := map[string]bool{}, map[string]bool{}
	uses := func(list []way.AuthSecret) {
		for _, secret := range list {
			if secret.Name != o.Ref.Name || secret.Namespace != o.Ref.Namespace {
				continue
			}
			for key := range data {
				if secret.Kind == way.AuthMap {
					isUser[key] = true
				} else if secret.Key == "" || secret.Key == key {
					isFile[key] = true
				}
			}
		}
	}
	for key := range data {
		if namesPasswordFile(key) {
			isFile[key] = true
		}
	}
	for _, reader := range world.ReadersOf(v, o) {
		if edge.ByService(reader) {
			for _, route := range v.Routes(reader, nil) {
				uses(route.Effects.AuthSecrets)
			}
			continue
		}
		if !isPassword(o) {
			uses(edge.LinksOf(reader).Passwords)
		}
		for _, part := range recognize.Named(v.Parts(reader), recognize.Proxy) {
			for _, f := range proxy.UserFiles(v, part) {
				if f.Holder.Ref.ID() == o.Ref.ID() {
					isFile[f.Key] = true
				}
			}
		}
	}
	return sortedKeys(isFile, data), sortedKeys(isUser, data)
}

// sortedKeys are the keys of the set that are in the data.
func sortedKeys(set map[string]bool, data map[string]string) []string {
	var keys []string
	for key := range set {
		if _, there := data[key]; there {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// isPassword says whether a Secret holds one user's password itself, and no file, whatever names it.
func isPassword(o *inventory.Object) bool {
	secret, ok := inventory.As[corev1.Secret](o)
	return ok && secret.Type == corev1.SecretTypeBasicAuth
}
