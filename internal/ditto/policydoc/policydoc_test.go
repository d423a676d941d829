package policydoc

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// owner is an entry that lets its subjects do everything.
const owner = `"subjects": {"nginx:alice": {"type": "t"}}, "resources": {"policy:/": {"grant": ["READ", "WRITE"], "revoke": []}}`

func TestFind(t *testing.T) {
	alice := Entry{Label: "owner", Subjects: []string{"nginx:alice"}, Importable: Implicit, Grants: []string{"policy:/"}}
	tests := []struct {
		name, text string
		want       []Policy
	}{
		{"a policy", `{"policyId": "org:p", "entries": {"owner": {` + owner + `}}}`, []Policy{{ID: "org:p", Entries: []Entry{alice}}}},
		{"a policy without an ID, with imports", `{"imports": {"org:b": {}, "org:a": {"entries": ["x"]}}, "entries": {"owner": {` + owner + `}}}`,
			[]Policy{{Imports: []string{"org:a", "org:b"}, Entries: []Entry{alice}}}},
		{"policies in a list, and in what is around them", `[{"value": {"entries": {"owner": {` + owner + `}}}}, 1, {"a/b": {"entries": {"owner": {` + owner + `}}}}]`,
			[]Policy{{Pointer: "/0/value", Entries: []Entry{alice}}, {Pointer: "/2/a~1b", Entries: []Entry{alice}}}},
		{"policies in a row", `{"entries": {"owner": {` + owner + `}}}` + "\n" + `{"entries": {"owner": {` + owner + `}}}`,
			[]Policy{{Pointer: "/0", Entries: []Entry{alice}}, {Pointer: "/1", Entries: []Entry{alice}}}},
		{"entries of other kinds", `{"entries": {
			"a": {"subjects": {}, "resources": {"policy:/entries/": {"grant": ["WRITE"]}, "thing:/": {"revoke": ["WRITE"]}}, "importable": "never"},
			"b": {"subjects": {"x:y": {}}, "resources": {"policy:/": {"grant": ["READ"], "revoke": ["WRITE"]}}, "importable": "explicit"}}}`,
			[]Policy{{Entries: []Entry{
				{Label: "a", Importable: Never, Grants: []string{"policy:/entries"}},
				{Label: "b", Subjects: []string{"x:y"}, Importable: Explicit, Revokes: []string{"policy:/"}},
			}}}},
		{"an entry that refers to another has its subjects and resources", `{"entries": {
			"owner": {` + owner + `},
			"guest": {"subjects": {"x:y": {}}, "references": [{"entry": "owner"}, {"import": "org:p", "entry": "owner"}, {"entry": "none"}]}}}`,
			[]Policy{{Entries: []Entry{
				{Label: "guest", Subjects: []string{"nginx:alice", "x:y"}, Importable: Implicit, Grants: []string{"policy:/"}}, alice,
			}}}},
		{"but not of one that is never inherited", `{"entries": {
			"owner": {` + owner + `, "importable": "never"},
			"guest": {"subjects": {"x:y": {}}, "references": [{"entry": "owner"}]}}}`,
			[]Policy{{Entries: []Entry{
				{Label: "guest", Subjects: []string{"x:y"}, Importable: Implicit},
				{Label: "owner", Subjects: []string{"nginx:alice"}, Importable: Never, Grants: []string{"policy:/"}},
			}}}},
		{"and not its own where that is not allowed", `{"entries": {
			"owner": {` + owner + `, "allowedAdditions": ["resources"]},
			"guest": {"subjects": {"x:y": {}}, "references": [{"entry": "owner"}], "resources": {"policy:/entries": {"grant": ["WRITE"]}}},
			"role": {"subjects": {}, "resources": {"thing:/": {"grant": ["READ"]}}, "allowedAdditions": []},
			"user": {"subjects": {"x:z": {}}, "references": [{"entry": "role"}], "resources": {"policy:/": {"grant": ["WRITE"]}}}}}`,
			[]Policy{{Entries: []Entry{
				{Label: "guest", Subjects: []string{"nginx:alice"}, Importable: Implicit, Grants: []string{"policy:/", "policy:/entries"}}, alice,
				{Label: "role", Importable: Implicit}, {Label: "user", Importable: Implicit},
			}}}},
		{"no JSON", `entries: {"grant": []}`, nil},
		{"half a policy", `{"entries": {"owner": {` + owner, nil},
		{"other entries", `{"entries": {"a": {"subjects": {}, "resources": {}, "x": {"grant": []}}}}`, nil},
		{"entries in a list", `{"entries": [{"resources": {"policy:/": {"grant": []}}}]}`, nil},
		{"an entry that is none", `{"entries": {"owner": {` + owner + `}, "x": "y"}}`, nil},
		{"resources that are none", `{"entries": {"a": {"resources": {"cpu": {"grant": []}}}}}`, nil},
		{"nothing", ``, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Find(test.text)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	find := func(entries string) Policy {
		t.Helper()
		found := Find(`{"entries": {` + entries + `}}`)
		if len(found) != 1 {
			t.Fatalf("%d policies", len(found))
		}
		return found[0]
	}
	tests := []struct {
		name, entries string
		writers       map[string]string
		shared        []string
	}{
		{"an owner", `"owner": {` + owner + `}`, map[string]string{"nginx:alice": "owner"}, []string{"owner"}},
		{"an owner that is not imported", `"owner": {` + owner + `, "importable": "never"}`, map[string]string{"nginx:alice": "owner"}, nil},
		{"one that is imported by name", `"owner": {` + owner + `, "importable": "explicit"}`, map[string]string{"nginx:alice": "owner"}, nil},
		{"a role without subjects", `"role": {"subjects": {}, "resources": {"policy:/": {"grant": ["WRITE"]}}}`, map[string]string{}, nil},
		{"a permission that is revoked elsewhere", `"owner": {` + owner + `}, "x": {"subjects": {"nginx:alice": {}}, "resources": {"policy:/": {"revoke": ["WRITE"]}}}`, map[string]string{}, nil},
		{"a permission that is revoked for another", `"owner": {` + owner + `}, "x": {"subjects": {"nginx:bob": {}}, "resources": {"policy:/": {"revoke": ["WRITE"]}}}`,
			map[string]string{"nginx:alice": "owner"}, []string{"owner"}},
		{"a permission that is granted again further down", `"a": {"subjects": {"x:y": {}}, "importable": "never", "resources": {"policy:/": {"revoke": ["WRITE"]}, "policy:/entries": {"grant": ["WRITE"]}}}`,
			map[string]string{"x:y": "a"}, nil},
		{"reading is not writing", `"a": {"subjects": {"x:y": {}}, "resources": {"policy:/": {"grant": ["READ", "EXECUTE"]}, "thing:/": {"grant": ["WRITE"]}}}`, map[string]string{}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := find(test.entries)
			if diff := cmp.Diff(test.writers, p.Writers()); diff != "" {
				t.Errorf("writers, -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(test.shared, p.Shared()); diff != "" {
				t.Errorf("shared, -want +got:\n%s", diff)
			}
		})
	}
}

func TestWide(t *testing.T) {
	for subject, want := range map[string]string{
		"nginx:ditto":              "the user of Ditto's samples",
		"nginx:":                   "what a proxy calls a client without a name",
		"integration:app:aud":      "every holder of a token of an application",
		"pre:Anonymous":            "anyone, by its name",
		"a:b:*":                    "anyone, by its name",
		"nginx:alice":              "",
		"google:ditto":             "",
		"integrations:x":           "",
		"{{ request:subjectId }}":  "",
		"oidc:public-works-office": "",
	} {
		if got := Wide(subject); got != want {
			t.Errorf("Wide(%q) = %q, want %q", subject, got, want)
		}
	}
}

// FuzzFind looks for panics, and for entries without what every entry has.
func FuzzFind(f *testing.F) {
	f.Add(`{"entries": {"owner": {` + owner + `}}}`)
	f.Add(`[{"entries": {"a": {"references": [{"entry": "a"}], "allowedAdditions": [[], {}], "resources": {"policy:/": {"grant": [{}, []]}}}}}]`)
	f.Add(strings.Repeat("[", 100))
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range Find(text) {
			if len(p.Entries) == 0 {
				t.Error("a policy without entries")
			}
			writers := p.Writers()
			for _, label := range p.Shared() {
				shared := false
				for subject := range writers {
					for _, e := range p.Entries {
						for _, s := range e.Subjects {
							shared = shared || e.Label == label && s == subject
						}
					}
				}
				if !shared {
					t.Errorf("entry %q hands nothing on", label)
				}
			}
		}
	})
}
