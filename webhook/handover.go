package webhook

import (
	"bytes"
	"hash/maphash"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/utils/lru"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

const (
	// mostHanded is how many objects are kept: two of each request that may be on its way between the webhooks.
	mostHanded = 64
	// largestHanded is how large one may be to be kept.
	largestHanded = 64 << 10
)

// Handover keeps objects that the mutating webhook decoded. The validating one is sent most of them a moment later, in
// the same words. It is safe for concurrent use; a nil one keeps nothing.
type Handover struct {
	seed maphash.Seed
	kept *lru.Cache
}

// handedKey is what an object is decoded from. The name and the namespace of the request count where its words have
// none.
type handedKey struct {
	words           uint64
	namespace, name string
}

// NewHandover keeps nothing yet.
func NewHandover() *Handover {
	return &Handover{seed: maphash.MakeSeed(), kept: lru.New(mostHanded)}
}

func (h *Handover) key(req *admissionv1.AdmissionRequest, raw []byte) handedKey {
	return handedKey{words: maphash.Bytes(h.seed, raw), namespace: req.Namespace, name: req.Name}
}

// put keeps an object of a request until it is taken. One that could not be read is read again, since that is an error
// where it is new.
func (h *Handover) put(req *admissionv1.AdmissionRequest, o *inventory.Object) {
	if h != nil && o != nil && o.Typed != nil && len(o.Raw()) <= largestHanded {
		h.kept.Add(h.key(req, o.Raw()), o)
	}
}

// take is the object that was decoded from these words of a request, nil if there is none.
func (h *Handover) take(req *admissionv1.AdmissionRequest, raw []byte) *inventory.Object {
	if h == nil || len(raw) > largestHanded {
		return nil
	}
	key := h.key(req, raw)
	value, _ := h.kept.Get(key)
	o, is := value.(*inventory.Object)
	// The hash finds an object, and does not vouch for it.
	if !is || !bytes.Equal(o.Raw(), raw) {
		return nil
	}
	h.kept.Remove(key)
	return o
}
