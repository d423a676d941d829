package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// report is a Report of openreports.io/v1alpha1 or a PolicyReport of wgpolicyk8s.io/v1alpha2, which have these fields
// in common save for the source of the whole, which only the former has.
type report struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metadata                `json:"metadata"`
	Source          string                  `json:"source,omitempty"`
	Scope           *corev1.ObjectReference `json:"scope,omitempty"`
	Summary         summary                 `json:"summary"`
	Results         []result                `json:"results,omitempty"`
}

// metadata are the fields of an object's metadata that are written.
type metadata struct {
	Name            string                  `json:"name"`
	Namespace       string                  `json:"namespace,omitempty"`
	ResourceVersion string                  `json:"resourceVersion,omitempty"`
	Labels          map[string]string       `json:"labels,omitempty"`
	OwnerReferences []metav1.OwnerReference `json:"ownerReferences,omitempty"`
}

type summary struct {
	Pass  int `json:"pass"`
	Fail  int `json:"fail"`
	Warn  int `json:"warn"`
	Error int `json:"error"`
	Skip  int `json:"skip"`
}

// result is one thing to say of the scope.
type result struct {
	Source     string            `json:"source"`
	Policy     string            `json:"policy"`
	Category   string            `json:"category,omitempty"`
	Severity   string            `json:"severity,omitempty"`
	Result     string            `json:"result"`
	Scored     bool              `json:"scored,omitempty"`
	Timestamp  metav1.Timestamp  `json:"timestamp"`
	Message    string            `json:"message,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
}

// What a result says. Both APIs know "pass" as well, of which there would be one for each rule and object.
const (
	resultFail  = "fail"  // it is denied
	resultWarn  = "warn"  // it is warned of, or recorded only
	resultError = "error" // it could not be decided
	resultSkip  = "skip"  // an exception lets it pass
)

const (
	source       = "dittoguard"
	managedBy    = "app.kubernetes.io/managed-by"
	namePrefix   = "dittoguard-"
	propertyID   = "id"
	propertyAct  = "action"
	noRule       = "dittoguard" // what no rule says, such as that an object is not read
	mostResults  = 200
	mostBytes    = 700_000 // of results; an API server takes objects up to about 1.5 MB
	longestText  = 2 << 10
	longestField = 4 << 10
)

// newReport is what there is to say of an object, nil if that is nothing. since is when each of it was found first, by
// its ID; what is new is found now.
func newReport(o *inventory.Object, found check.Found, since map[string]int64, now time.Time) *report {
	results, sum := resultsOf(found)
	if len(results) == 0 {
		return nil
	}
	if fit := fitting(results); fit < len(results) {
		more := fmt.Sprintf("%d more results; `dittoguard audit` prints all", len(results)-fit)
		results = append(results[:fit], newResult(noRule, resultSkip, more, nil))
	}
	for i := range results {
		r := &results[i]
		r.Timestamp.Seconds = now.Unix()
		if at, known := since[r.Properties[propertyID]]; known {
			r.Timestamp.Seconds = at
		}
	}
	return &report{
		Metadata: metadata{
			Name: namePrefix + string(o.Meta.UID), Namespace: o.Ref.Namespace,
			Labels: map[string]string{managedBy: source},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: o.Ref.APIVersion, Kind: o.Ref.Kind, Name: o.Ref.Name, UID: o.Meta.UID,
			}},
		},
		Scope: &corev1.ObjectReference{APIVersion: o.Ref.APIVersion, Kind: o.Ref.Kind, Namespace: o.Ref.Namespace,
			Name: o.Ref.Name, UID: o.Meta.UID},
		Summary: sum, Results: results,
	}
}

// resultsOf are the results of all that some mode asks for, what is worst first.
func resultsOf(found check.Found) ([]result, summary) {
	var list []result
	var sum summary
	for i := range found.Findings {
		f := &found.Findings[i]
		if f.Action == check.ActionNone {
			continue
		}
		kind := resultWarn
		if f.Action == check.ActionDeny {
			kind = resultFail
			sum.Fail++
		} else {
			sum.Warn++
		}
		r := newResult(f.Rule, kind, f.Message, map[string]string{
			propertyAct: string(f.Action), "level": string(f.Level), "entry": entryOf(f.Entry),
			"way":    strings.Join(f.Path, " -> "),
			"routes": strings.Join(f.Routes, "\n"), "fix": f.Advice, "notes": strings.Join(f.Notes, "\n"),
			"keys": strings.Join(f.Keys, "\n"),
		})
		r.Category, r.Severity, r.Scored = categoryOf(f.Guide), string(f.Severity), f.Action == check.ActionDeny
		list = append(list, r)
	}
	for _, u := range found.Unknown {
		sum.Error++
		policy := u.Rule
		if policy == "" {
			policy = noRule
		}
		list = append(list, newResult(policy, resultError, u.What+": "+u.Message,
			map[string]string{"entry": entryOf(u.Entry)}))
	}
	for _, e := range found.Exceptions {
		sum.Skip++
		list = append(list, newResult(e.Rule, resultSkip, "excepted until "+e.Until+": "+e.Reason,
			map[string]string{"entry": entryOf(e.Entry)}))
	}
	return list, sum
}

// fitting is how many of the results a report takes.
func fitting(results []result) int {
	size := 0
	for i := range min(len(results), mostResults) {
		if size += len(encode(results[i])); size > mostBytes {
			return i
		}
	}
	return min(len(results), mostResults)
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("encoding a report: " + err.Error()) // it consists of texts and numbers
	}
	return text
}

func categoryOf(guide string) string {
	if guide == "" {
		return ""
	}
	return "Ditto hardening guide, section " + guide
}

func entryOf(entry *inventory.Ref) string {
	if entry == nil {
		return ""
	}
	return entry.String()
}

// newResult is a result without its time. Its ID tells it apart from others of the same object, and stays the same
// while it says the same.
func newResult(policy, kind, message string, properties map[string]string) result {
	r := result{Source: source, Policy: policy, Result: kind, Message: cut(message, longestText),
		Properties: map[string]string{}}
	for key, text := range properties {
		if text != "" {
			r.Properties[key] = cut(text, longestField)
		}
	}
	identity := []string{policy, kind, message, properties["entry"], properties["keys"]}
	if keys := properties["keys"]; keys != "" {
		identity[2] = "" // what is wrong is in the keys, and is the same where it is said in other words
	}
	sum := sha256.Sum256([]byte(strings.Join(identity, "\x00")))
	r.Properties[propertyID] = hex.EncodeToString(sum[:8])
	return r
}

// cut bounds a text, between two characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}

// digest identifies what a report says, whenever it was found and written.
func (r *report) digest() string {
	timeless := *r
	timeless.Metadata.ResourceVersion = ""
	timeless.Results = make([]result, len(r.Results))
	for i, from := range r.Results {
		from.Timestamp = metav1.Timestamp{}
		timeless.Results[i] = from
	}
	sum := sha256.Sum256(encode(timeless))
	return string(sum[:])
}

// since is when each result was found first, by its ID.
func (r *report) since() map[string]int64 {
	times := make(map[string]int64, len(r.Results))
	for _, one := range r.Results {
		times[one.Properties[propertyID]] = one.Timestamp.Seconds
	}
	return times
}
