package journal

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// clock is a time that tests move.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func fixture() (*Journal, *clock) {
	c := &clock{time.Unix(1e9, 0)}
	j := newJournal(c.now)
	_, last, _ := j.Doubted()
	j.Trust(last)
	return j, c
}

func service(name, uid, version string) *inventory.Object {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ditto", Name: name, UID: types.UID(uid), ResourceVersion: version}}
	return inventory.FromTyped(s, corev1.SchemeGroupVersion.WithKind("Service"))
}

var api = service("api", "", "").Ref.ID()

// keysOf files an object by its name.
func keysOf(o *inventory.Object) []inventory.Key {
	return []inventory.Key{{Index: "name", Namespace: o.Ref.Namespace, Value: o.Ref.Name}}
}

func named(name string) []inventory.Question {
	return []inventory.Question{{Key: inventory.Key{Index: "name", Namespace: "ditto", Value: name}}}
}

// TestEvidence: what ends an entry, and what does not.
func TestEvidence(t *testing.T) {
	type shown struct {
		uid, version string
	}
	gone := func(s shown) bool { return s.uid == "" }
	for _, test := range []struct {
		name          string
		before, after *inventory.Object
		shown         []shown
		ended         bool
	}{
		{"a created object", nil, service("api", "new", ""), []shown{{"new", "9"}}, true},
		{"a created object in a later version", nil, service("api", "new", ""), []shown{{"new", "12"}}, true},
		{"what was there before under its name, changed and then gone", nil, service("api", "new", ""), []shown{{"old", "8"}, {"old", "9"}}, false},
		{"that it is not there, by a list", nil, service("api", "new", ""), []shown{{"", "9"}}, false},
		{"an object without a UID", nil, service("api", "", ""), []shown{{"new", "9"}}, false},
		{"the version that is replaced", service("api", "a", "7"), service("api", "a", "7"), []shown{{"a", "7"}}, false},
		{"an older version", service("api", "a", "7"), service("api", "a", "7"), []shown{{"a", "6"}}, false},
		{"a later version, whoever stored it", service("api", "a", "7"), service("api", "a", "7"), []shown{{"a", "8"}}, true},
		{"a later version that is longer", service("api", "a", "99"), service("api", "a", "99"), []shown{{"a", "100"}}, true},
		{"versions that are no numbers", service("api", "a", "x"), service("api", "a", "x"), []shown{{"a", "y"}}, false},
		{"that it is gone, by a list as old as the version", service("api", "a", "7"), service("api", "a", "7"), []shown{{"", "7"}}, false},
		{"that it is gone, by a later list", service("api", "a", "7"), service("api", "a", "7"), []shown{{"", "8"}}, true},
		{"a deletion", service("api", "a", "7"), nil, []shown{{"a", "8"}}, true},
		{"a deletion that is yet to come", service("api", "a", "7"), nil, []shown{{"a", "7"}}, false},
	} {
		j, _ := fixture()
		r := j.Begin(test.before, test.after, keysOf)
		r.End(true)
		for _, s := range test.shown {
			var meta *metav1.ObjectMeta
			if !gone(s) {
				meta = &metav1.ObjectMeta{UID: types.UID(s.uid)}
			}
			j.Shown(api, meta, s.version, gone(s))
			j.Shown(service("other", "", "").Ref.ID(), &metav1.ObjectMeta{UID: "new"}, "100", false)
		}
		if ended := j.Len() == 0; ended != test.ended {
			t.Errorf("%s: ended %t", test.name, ended)
		}
	}
}

// TestRequestsSeeEarlierOnes: by name and by key, also those that are still judged, and those that end meanwhile; never later ones, and none
// that was refused before.
func TestRequestsSeeEarlierOnes(t *testing.T) {
	j, _ := fixture()
	refused := j.Begin(nil, service("refused", "r", ""), keysOf)
	refused.End(false)
	first := j.Begin(nil, service("api", "a", ""), keysOf)
	second := j.Begin(nil, service("web", "w", ""), keysOf)
	third := j.Begin(nil, nil, keysOf)
	match := func(r *Request, questions []inventory.Question) string {
		names := ""
		for _, e := range r.Matching(questions) {
			names += e.ID.Name + " "
		}
		return names
	}
	byID := []inventory.Question{{ID: api}}
	expect := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	expect("the second sees the first by its key", match(second, named("api")), "api ")
	expect("and by its name", match(second, byID), "api ")
	expect("and not itself", match(second, named("web")), "")
	expect("the first does not see the second", match(first, named("web")), "")
	expect("nobody sees what was refused", match(third, named("refused")), "")
	expect("the third, which stores nothing, sees both", match(third, append(named("web"), byID...)), "api web ")
	expect("what nobody asks for is not seen", match(third, named("else")), "")
	first.End(true)
	j.Shown(api, &metav1.ObjectMeta{UID: "a"}, "9", false)
	expect("what ended meanwhile is seen still", match(second, named("api")), "api ")
	expect("but by no later request", match(j.Begin(nil, nil, keysOf), named("api")), "")
}

// TestAnObjectIsFoundAsItWasAndAsItWillBe: an update can take it away from a key, too.
func TestAnObjectIsFoundAsItWasAndAsItWillBe(t *testing.T) {
	j, _ := fixture()
	versions := 0
	j.Begin(service("api", "a", "7"), service("api", "a", "7"), func(*inventory.Object) []inventory.Key {
		versions++
		return []inventory.Key{{Index: "name", Namespace: "ditto", Value: fmt.Sprint(versions)}}
	}).End(true)
	r := j.Begin(nil, nil, keysOf)
	for _, value := range []string{"1", "2"} {
		if len(r.Matching(named(value))) != 1 {
			t.Errorf("not found by key %s", value)
		}
	}
}

// TestOnItsWay: an object is waited for until two seconds after the answer, unless the request was refused.
func TestOnItsWay(t *testing.T) {
	j, c := fixture()
	r := j.Begin(nil, service("api", "a", ""), keysOf)
	e := j.Begin(nil, nil, keysOf).Matching(named("api"))[0]
	c.Time = c.Add(time.Hour)
	if !e.OnItsWay() {
		t.Error("what is being judged may be stored, however long that takes: it considers nothing that came later")
	}
	r.End(true)
	c.Time = c.Add(onItsWay - 1)
	if !e.OnItsWay() {
		t.Error("what was let in a moment ago may be stored")
	}
	c.Time = c.Add(1)
	if e.OnItsWay() || j.Len() != 1 {
		t.Error("it is not waited for any more, and may be stored still")
	}
	again := j.Begin(nil, service("web", "w", ""), keysOf)
	e = j.Begin(nil, nil, keysOf).Matching(named("web"))[0]
	again.End(false)
	if e.OnItsWay() {
		t.Error("it was refused")
	}
	if !e.Unchanged(nil) || !e.Unchanged(service("web", "other", "8")) || e.Unchanged(service("web", "w", "8")) {
		t.Error("an object can be created where there is none, and where another one is until that is deleted")
	}
	j.Begin(service("app", "p", "7"), nil, keysOf).End(true)
	e = j.Begin(nil, nil, keysOf).Matching(named("app"))[0]
	if !e.Unchanged(service("app", "p", "7")) || e.Unchanged(service("app", "p", "8")) || e.Unchanged(nil) {
		t.Error("an object is deleted in the version that was asked about")
	}
}

// TestADeletionInTwoSteps: an object that is marked as deleted, and that nothing keeps, is deleted next, and nobody is asked again. One that
// finalizers keep, or a grace period, is another matter: who takes the finalizers away is asked about it.
func TestADeletionInTwoSteps(t *testing.T) {
	long := int64(30)
	for _, test := range []struct {
		name   string
		change func(*metav1.ObjectMeta)
		going  bool
	}{
		{"marked", func(*metav1.ObjectMeta) {}, true},
		{"marked, at once", func(m *metav1.ObjectMeta) { m.DeletionGracePeriodSeconds = new(int64) }, true},
		{"marked, and kept by a finalizer", func(m *metav1.ObjectMeta) { m.Finalizers = []string{"a"} }, false},
		{"marked, and running for a while", func(m *metav1.ObjectMeta) { m.DeletionGracePeriodSeconds = &long }, false},
		{"changed by somebody else", func(m *metav1.ObjectMeta) { m.DeletionTimestamp = nil }, false},
	} {
		j, _ := fixture()
		j.Begin(service("api", "a", "7"), nil, keysOf).End(true)
		e := j.Begin(nil, nil, keysOf).Matching(named("api"))[0]
		shown := service("api", "a", "8")
		shown.Meta.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
		test.change(shown.Meta)
		if e.Unchanged(shown) != test.going {
			t.Errorf("%s: it is waited for: %t", test.name, !test.going)
		}
		j.Shown(api, shown.Meta, "8", false)
		if open := j.Len() == 1; open != test.going {
			t.Errorf("%s: the entry is open: %t", test.name, open)
		}
		j.Shown(api, &metav1.ObjectMeta{UID: "a"}, "9", true)
		if j.Len() != 0 {
			t.Errorf("%s: the entry is open though the object is gone", test.name)
		}
	}
	// An update is stored, whatever comes of the object then.
	j, _ := fixture()
	j.Begin(service("api", "a", "7"), service("api", "a", "7"), keysOf).End(true)
	j.Shown(api, &metav1.ObjectMeta{UID: "a", DeletionTimestamp: &metav1.Time{Time: time.Unix(1, 0)}}, "8", false)
	if j.Len() != 0 {
		t.Error("the entry of an update is open")
	}
}

// TestOverdue: what an API server has given up is read once; then the entry ends, unless the cache has yet to show what was stored.
func TestOverdue(t *testing.T) {
	for _, test := range []struct {
		name          string
		live          *inventory.Object
		cached, ended bool
	}{
		{"not stored", nil, true, true},
		{"not stored, and the cache has an older one", nil, false, true},
		{"not stored, for another one in its place", service("api", "other", "9"), false, true},
		{"stored and shown", service("api", "a", "9"), true, true},
		{"stored and not shown", service("api", "a", "9"), false, false},
	} {
		j, c := fixture()
		j.Begin(nil, service("judged", "x", ""), keysOf)
		j.Begin(nil, service("api", "a", ""), keysOf).End(true)
		c.Time = c.Add(Lost - 1)
		if n := len(j.Overdue(10)); n != 0 {
			t.Errorf("%d are overdue", n)
		}
		c.Time = c.Add(1)
		for _, e := range j.Overdue(10) {
			e.Settle(test.live, test.cached)
		}
		if ended := j.Len() == 1; ended != test.ended {
			t.Errorf("%s: ended %t", test.name, ended)
		}
	}
}

// TestTrust: a journal that is new, or full, or was told so is not complete, and a request that began before that does not trust it either.
func TestTrust(t *testing.T) {
	j := New()
	if j.Begin(nil, nil, keysOf).Trusted() {
		t.Error("a new journal is trusted")
	}
	_, last, _ := j.Doubted()
	early := j.Begin(nil, nil, keysOf)
	j.Trust(last)
	if early.Trusted() || !j.Begin(nil, nil, keysOf).Trusted() {
		t.Error("what began before is not trusted, what begins after is")
	}
	r := j.Begin(nil, nil, keysOf)
	j.Doubt()
	j.Trust(last)
	if r.Trusted() {
		t.Error("a new doubt is not dispelled with the old one")
	}
	for name, fill := range map[string]func(j *Journal){
		"full of requests": func(j *Journal) {
			for i := range mostEntries + 1 {
				j.Begin(nil, service(fmt.Sprint("s", i), "u", ""), keysOf).End(true)
			}
		},
		"full of keys": func(j *Journal) {
			many := func(*inventory.Object) []inventory.Key {
				keys := make([]inventory.Key, mostKeys/2)
				for i := range keys {
					keys[i].Value = fmt.Sprint(i)
				}
				return keys
			}
			for range 3 {
				j.Begin(nil, service("s", "u", ""), many).End(true)
			}
		},
		"without a name": func(j *Journal) { j.Begin(nil, service("s-*", "u", ""), keysOf).End(true) },
	} {
		j, _ := fixture()
		fill(j)
		if j.Begin(nil, nil, keysOf).Trusted() || j.Len() > mostEntries || j.keys > mostKeys {
			t.Errorf("%s: it is trusted, or has %d entries with %d keys", name, j.Len(), j.keys)
		}
	}
}

// TestDiffers: bookkeeping makes no difference.
func TestDiffers(t *testing.T) {
	of := func(change func(s *corev1.Service)) *inventory.Object {
		s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "api", Labels: map[string]string{"a": "b"}}, Spec: corev1.ServiceSpec{ClusterIP: "10.0.0.1"}}
		change(s)
		return inventory.FromTyped(s, corev1.SchemeGroupVersion.WithKind("Service"))
	}
	same := of(func(*corev1.Service) {})
	for name, test := range map[string]struct {
		change func(s *corev1.Service)
		want   bool
	}{
		"nothing":        {func(*corev1.Service) {}, false},
		"versions":       {func(s *corev1.Service) { s.ResourceVersion, s.Generation = "9", 2 }, false},
		"managed fields": {func(s *corev1.Service) { s.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}} }, false},
		"the status":     {func(s *corev1.Service) { s.Status.Conditions = []metav1.Condition{{Type: "Ready"}} }, false},
		"a label":        {func(s *corev1.Service) { s.Labels["a"] = "c" }, true},
		"an annotation":  {func(s *corev1.Service) { s.Annotations = map[string]string{"a": "b"} }, true},
		"a finalizer":    {func(s *corev1.Service) { s.Finalizers = []string{"a"} }, true},
		"an owner":       {func(s *corev1.Service) { s.OwnerReferences = []metav1.OwnerReference{{Name: "a"}} }, true},
		"the deletion":   {func(s *corev1.Service) { s.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} }, true},
		"the spec":       {func(s *corev1.Service) { s.Spec.Selector = map[string]string{"a": "b"} }, true},
	} {
		if got := Differs(same, of(test.change)); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	decode := func(text string) *inventory.Object {
		o, err := inventory.Decode([]byte(text), inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	const route = `{"apiVersion":"route.openshift.io/v1","kind":"Route","metadata":{"name":"r","resourceVersion":"%d"},"spec":{"host":"a","unread":%d},"status":{"n":%d}}`
	if Differs(decode(fmt.Sprintf(route, 1, 2, 3)), decode(fmt.Sprintf(route, 4, 2, 5))) {
		t.Error("versions and status of a custom resource make a difference")
	}
	if !Differs(decode(fmt.Sprintf(route, 1, 2, 3)), decode(fmt.Sprintf(route, 1, 3, 3))) {
		t.Error("a field of a custom resource that is not read makes no difference")
	}
}
