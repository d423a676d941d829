package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
)

// list is the objects of a kind in one namespace, or those in all namespaces that are selected.
type list struct {
	schema.GroupKind
	Namespace string
	inventory.Selection
}

// all says that the list is of every object of the kind.
func (l list) all() bool { return l == list{GroupKind: l.GroupKind} }

func (l list) String() string {
	switch {
	case l.Namespace != "":
		return fmt.Sprintf("every %s in %s", l.Kind, l.Namespace)
	case l.all():
		return "every " + l.Kind
	}
	return fmt.Sprintf("every %s with %s%s", l.Kind, l.Fields, l.Labels)
}

// A Refresher reads again for one request. What it has read it does not read twice: an answer that is younger than the
// request is good enough for all of it.
type Refresher struct {
	cluster *Cluster
	request *journal.Request
	names   map[inventory.ID]bool
	lists   map[list]bool
	// heard says that the other processes were asked.
	heard bool
	// looked are the entries of the journal whose objects were read.
	looked map[*journal.Entry]bool
}

// all asks the API server itself the questions that were asked of the cache, and returns where the cache is behind:
// objects that are new or different, and, with a nil Object, those that are gone. fresh is false if all was read
// before.
//
// A question by name is one GET; where many of a kind are asked for in one namespace, they are listed. A question by
// key lists the kinds that can be indexed by the key in its namespace, each once however many questions there are. Only
// metadata is read of what the cache has as it is; see live.go. Of a key whose objects can be in any namespace it lists
// what Options.Select selects, and reads by name what the cache has under the key. Not asked again are other keys of no
// namespace (that would be the whole cluster), Secrets outside the protected namespaces, and kinds that are not read at
// all, or are sick. Kinds that are not installed are not listed.
//
// Requests that ask the same at the same time share an answer, which is never older than any of them.
//
// What the API server answers counts even if the cache is ahead of it by then: an object that the cache has in a newer
// version is left out. If any question stays without an answer, the error says which, and there are no changes. It is
// an error, too, if the request has more to ask than maxReads.
func (r *Refresher) all(ctx context.Context, questions []inventory.Question) (changes []inventory.Change, fresh bool,
	err error) {
	c := r.cluster
	names, lists := r.plan(questions)
	if len(names)+len(lists) == 0 {
		return nil, false, nil
	}
	if len(r.names)+len(r.lists) > maxReads {
		return nil, true, tooMany(r.names, r.lists)
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.RefreshTimeout)
	defer cancel()

	reads := make([]read, 0, len(names)+len(lists))
	for _, l := range lists {
		reads = append(reads, read{l.String(), l,
			func(ctx context.Context) ([]inventory.Change, error) { return c.list(ctx, l) }})
	}
	for _, id := range names {
		reads = append(reads, read{nameOf(id), id,
			func(ctx context.Context) ([]inventory.Change, error) { return c.get(ctx, id) }})
	}
	changes, err = c.readAll(ctx, reads)
	return changes, true, err
}

// isName says whether an object can be called that. Whoever writes a host or a path where a name is expected asks for
// nothing that could be there, and must not make the request of another fail.
func isName(name string) bool { return name != "" && len(content.IsPathSegmentName(name)) == 0 }

// plan turns questions into requests, none of which has been made before, and notes them.
func (r *Refresher) plan(questions []inventory.Question) (names []inventory.ID, lists []list) {
	c := r.cluster
	skipped, now := map[schema.GroupKind]bool{}, time.Now()
	skips := func(gk schema.GroupKind) bool {
		skip, asked := skipped[gk]
		if !asked {
			skip = c.skips(gk, now)
			skipped[gk] = skip
		}
		return skip
	}
	planned, cached := c.listed(questions, skips)
	named := r.named(slices.Concat(questions, cached), skips)
	many := map[list]int{}
	for id := range named {
		many[list{GroupKind: id.GroupKind, Namespace: id.Namespace}]++
	}
	for l, n := range many {
		if _, read := c.served(l.GroupKind); read && n > worthAList && l.GroupKind != inventory.Secret {
			planned[l] = true
		}
	}
	covered := func(l list) bool {
		all := list{GroupKind: l.GroupKind}
		return r.lists[l] || l != all && (planned[all] || r.lists[all])
	}
	for l := range planned {
		if !covered(l) {
			lists = append(lists, l)
		}
	}
	for id := range named {
		l := list{GroupKind: id.GroupKind, Namespace: id.Namespace}
		// A list of Secrets leaves some out, so that it does not answer for a name.
		if id.GroupKind == inventory.Secret || !planned[l] && !covered(l) {
			names = append(names, id)
		}
	}
	for _, l := range lists {
		r.lists[l] = true
	}
	for _, id := range names {
		r.names[id] = true
	}
	slices.SortFunc(lists, func(a, b list) int { return cmp.Compare(a.String(), b.String()) })
	slices.SortFunc(names, func(a, b inventory.ID) int { return cmp.Compare(a.String(), b.String()) })
	return names, lists
}

// listed are the lists that answer questions by keys, and questions by name for what the cache has under keys that only
// some objects of a kind are listed for.
func (c *Cluster) listed(questions []inventory.Question, skips func(schema.GroupKind) bool) (map[list]bool,
	[]inventory.Question) {
	planned := map[list]bool{}
	var byName []inventory.Question
	for _, q := range questions {
		if q.Key == (inventory.Key{}) {
			continue
		}
		for _, gk := range c.opts.Kinds(q.Key) {
			k, read := c.served(gk)
			if !read || skips(gk) {
				continue
			}
			add := func(l list) {
				if (l.Namespace == "" || isName(l.Namespace)) && c.mayRead(gk, l.Namespace) {
					planned[l] = true
				}
			}
			selection, anywhere := c.opts.Select(q.Key, gk)
			if anywhere {
				l := list{GroupKind: gk, Selection: inventory.Selection{Fields: selection.Fields,
					Labels: selection.Labels}}
				add(l)
				// A list of all shows what is gone; one of what is selected does not.
				if !l.all() {
					for _, cached := range c.memory.Find(q.Key) {
						byName = append(byName, inventory.Question{ID: cached.Ref.ID()})
					}
				}
			}
			if (!anywhere || selection.Beside) && q.Key.Namespace != "" && k.namespaced {
				add(list{GroupKind: gk, Namespace: q.Key.Namespace})
			}
		}
	}
	return planned, byName
}

// named are the objects that questions name and that can be read, and have not been.
func (r *Refresher) named(questions []inventory.Question, skips func(schema.GroupKind) bool) map[inventory.ID]bool {
	c, named := r.cluster, map[inventory.ID]bool{}
	for _, q := range questions {
		id := q.ID
		k, read := c.kinds[id.GroupKind]
		if !read || skips(id.GroupKind) || r.names[id] || k.namespaced != (id.Namespace != "") {
			continue
		}
		if isName(id.Name) && (id.Namespace == "" || isName(id.Namespace)) && c.mayRead(id.GroupKind, id.Namespace) {
			named[id] = true
		}
	}
	return named
}

// served is a kind in the version to read it in; read is false for a kind that is not read, or that the API server was
// last seen not to serve. So most of the kinds that some cluster may have cost a request nothing in the others. Objects
// of one that was installed within the last absentInterval are not listed live yet, but they are read by name: where
// something names an object of a kind, the kind is likely to be there.
func (c *Cluster) served(gk schema.GroupKind) (k kind, read bool) {
	if k, read = c.kinds[gk]; !read || k.builtin {
		return k, read
	}
	for _, i := range c.readers[gk] {
		return i.served()
	}
	return k, false
}

// unread says whether an error of a live read means that the kind is sick; then it is unknown, and the read has no
// answer.
func (c *Cluster) unread(gk schema.GroupKind, err error) bool {
	refused := false
	for _, i := range c.readers[gk] {
		switch {
		case i.kind.builtin:
		case err == nil:
			i.answered()
		default:
			refused = i.refused(err) || refused
		}
	}
	return refused
}

// skips says whether a kind is not to be read live, since it is sick.
func (c *Cluster) skips(gk schema.GroupKind, now time.Time) bool {
	return slices.ContainsFunc(c.readers[gk], func(i *informer) bool { return i.skipsLive(now) })
}

func (c *Cluster) mayRead(gk schema.GroupKind, namespace string) bool {
	return gk != inventory.Secret || c.readsSecrets(namespace)
}
