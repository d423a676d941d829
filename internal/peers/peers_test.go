package peers

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/journal"
	"github.com/dittoguard/dittoguard/test/missing"
)

// identity is a certificate, and the one that is recognized.
type identity struct{ own, known tls.Certificate }

func (i identity) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &i.own, nil }

func (i identity) Recognize(leaf *x509.Certificate) error {
	if !bytes.Equal(leaf.Raw, i.known.Certificate[0]) {
		return errors.New("a stranger")
	}
	return nil
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// world is a namespace with replicas in it, each at an address of its own.
type world struct {
	*inventory.Memory

	t    *testing.T
	port int
	cert tls.Certificate
	// patience is how long replicas wait; as long as it takes if zero.
	patience time.Duration
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Memory: inventory.NewMemory(nil, nil), t: t, cert: certificate(t)}
	svc := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "guard", Name: "dittoguard"}, Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "dittoguard"}},
	}
	w.Put(inventory.FromTyped(svc, corev1.SchemeGroupVersion.WithKind("Service")))
	listener := w.listen("one")
	w.port = listener.Addr().(*net.TCPAddr).Port
	_ = listener.Close()
	w.pod("one")
	return w
}

var addresses = map[string]string{"one": "127.0.0.1", "two": "127.0.0.2", "three": "127.0.0.3"}

// listen listens where a replica does.
func (w *world) listen(pod string) net.Listener {
	w.t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(w.t.Context(), "tcp", net.JoinHostPort(addresses[pod], strconv.Itoa(w.port)))
	if err != nil {
		missing.Tool(w.t, "the loopback has one address here: "+err.Error())
	}
	return listener
}

// pod makes a Pod, or changes one.
func (w *world) pod(name string, changes ...func(*corev1.Pod)) {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "guard", Name: name, Labels: map[string]string{"app": "dittoguard"}},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: addresses[name]},
	}
	for _, change := range changes {
		change(p)
	}
	w.Put(inventory.FromTyped(p, corev1.SchemeGroupVersion.WithKind("Pod")))
}

func (w *world) gone(pod string) {
	w.Delete(inventory.ID{GroupKind: inventory.Pod, Namespace: "guard", Name: pod})
}

// replica is one, with a journal that is trusted.
func (w *world) replica(pod string, changes ...func(*Options)) *Peers {
	o := Options{
		Journal: journal.New(), Identity: identity{w.cert, w.cert}, Namespace: "guard", ServiceName: "dittoguard", Pod: pod,
		Host: addresses[pod], Port: w.port, Build: "1", Patience: cmp.Or(w.patience, time.Minute),
	}
	for _, change := range changes {
		change(&o)
	}
	_, last, _ := o.Journal.Doubted()
	o.Journal.Trust(last)
	return New(o)
}

// serve has a replica answer, until stop is called.
func (w *world) serve(p *Peers) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Start(ctx) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
		ended <- nil
	}
	w.t.Cleanup(stop)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(p.opts.Host, strconv.Itoa(p.opts.Port)))
		if err == nil {
			_ = connection.Close()
			return stop
		}
		if time.Now().After(deadline) {
			w.t.Fatal(err)
		}
	}
}

// store lets something in.
func store(p *Peers, name string) {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ditto", Name: name, UID: types.UID(name)}}
	p.opts.Journal.Begin(nil, inventory.FromTyped(s, corev1.SchemeGroupVersion.WithKind("Service")), inventory.NewMemory(nil, nil).Keys).End(true)
}

// expect asks, and compares what is new and what is wrong.
func (w *world) expect(p *Peers, again bool, entries int, problem string) {
	w.t.Helper()
	got, err := p.Ask(w.t.Context(), w, again)
	text := fmt.Sprint(err)
	if problem == "" && err != nil || problem != "" && !strings.Contains(text, problem) || len(got) != entries {
		w.t.Errorf("%d new entries and %q, want %d and %q", len(got), text, entries, problem)
	}
	if note := p.Note(); (note != "") != (problem != "") {
		w.t.Errorf("the note is %q", note)
	}
}

func (p *Peers) trusted() bool {
	_, last, trusted := p.opts.Journal.Doubted()
	p.opts.Journal.Trust(last)
	return trusted
}

// TestReplicasHearOfOneAnother: what each has let in since it was asked last, once; also while a Pod is about to go, and where one has lost its
// labels and may still answer on the connections that it has.
func TestReplicasHearOfOneAnother(t *testing.T) {
	w := newWorld(t)
	one, two := w.replica("one"), w.replica("two")
	if one.Ready() == nil {
		t.Error("it is ready though nobody has heard of it")
	}
	w.expect(one, true, 0, "")
	w.serve(one)
	w.serve(two)
	w.pod("two")
	store(two, "a")
	store(two, "b")
	store(one, "mine")
	w.expect(one, false, 2, "")
	w.expect(one, false, 0, "")
	if err := one.Ready(); err != nil || one.opts.Journal.Len() != 3 || !one.trusted() {
		t.Errorf("%v, %d entries", err, one.opts.Journal.Len())
	}
	store(two, "c")
	w.pod("two", func(p *corev1.Pod) { p.DeletionTimestamp = &metav1.Time{Time: time.Now()} })
	w.expect(one, false, 1, "")
	store(two, "d")
	w.pod("two", func(p *corev1.Pod) { p.Labels = nil })
	w.expect(one, false, 1, "")
	// The other way round.
	w.expect(two, true, 1, "")
}

// TestWhoIsNotHeard: a replica that does not answer, or answers something else, is said, and waited for once.
func TestWhoIsNotHeard(t *testing.T) {
	for _, test := range []struct {
		name    string
		is      func(w *world) *Peers
		problem string
	}{
		{"not there", func(*world) *Peers { return nil }, "connection refused"},
		{"without an address", func(w *world) *Peers {
			w.pod("two", func(p *corev1.Pod) { p.Status = corev1.PodStatus{Phase: corev1.PodPending} })
			return nil
		}, "its Pod has no address yet"},
		{"silent", func(w *world) *Peers {
			listener := w.listen("two")
			w.t.Cleanup(func() { _ = listener.Close() })
			return nil
		}, "deadline exceeded"},
		{"slow", func(w *world) *Peers {
			w.answering(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			return nil
		}, "deadline exceeded"},
		{"older", func(w *world) *Peers {
			w.answering(http.NotFound)
			return nil
		}, "404 Not Found"},
		{"senseless", func(w *world) *Peers {
			w.answering(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
			return nil
		}, "names no journal"},
		{"endless", func(w *world) *Peers {
			w.answering(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(`{"journal":"`))
				for range longestAnswer / 1024 {
					_, _ = w.Write(bytes.Repeat([]byte("a"), 1024))
				}
			})
			return nil
		}, "reading its answer"},
		{"of another build", func(w *world) *Peers { return w.replica("two", func(o *Options) { o.Build = "2" }) }, "another version of dittoguard"},
		{"a stranger", func(w *world) *Peers {
			return w.replica("two", func(o *Options) { o.Identity = identity{certificate(w.t), w.cert} })
		}, "a stranger"},
		{"one that takes us for a stranger", func(w *world) *Peers {
			return w.replica("two", func(o *Options) { o.Identity = identity{w.cert, certificate(w.t)} })
		}, "bad certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.problem == "deadline exceeded" {
				w.patience = 200 * time.Millisecond
			}
			one := w.replica("one")
			w.pod("two")
			if two := test.is(w); two != nil {
				w.serve(two)
				store(two, "a")
			}
			w.expect(one, false, 0, test.problem)
			asked := one.client
			one.client = nil // whom it would need to ask again
			w.expect(one, false, 0, test.problem)
			one.client = asked
			w.expect(one, true, 0, test.problem)
		})
	}
}

// answering has something else answer in place of the second replica.
func (w *world) answering(handler http.HandlerFunc) {
	listener := tls.NewListener(w.listen("two"), &tls.Config{Certificates: []tls.Certificate{w.cert}})
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	w.t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
}

// TestWhoIsLost: nobody knows what one that is gone, or was started again, has let in last.
func TestWhoIsLost(t *testing.T) {
	w := newWorld(t)
	one, two := w.replica("one"), w.replica("two")
	stop := w.serve(two)
	w.pod("two")
	w.expect(one, false, 0, "")
	stop()
	w.expect(one, false, 0, "replica two: ")
	again := w.replica("two")
	stop = w.serve(again)
	store(again, "a")
	w.expect(one, true, 1, "replica two was started again")
	w.expect(one, false, 0, "")
	stop()
	w.gone("two")
	w.expect(one, false, 0, "replica two is gone")
	w.expect(one, false, 0, "")
	w.pod("two", func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed })
	w.expect(one, false, 0, "")
}

// TestWhatIsJudgedByOneThatIsLost is not waited for any longer than what was let in.
func TestWhatIsJudgedByOneThatIsLost(t *testing.T) {
	w := newWorld(t)
	one, two := w.replica("one"), w.replica("two")
	stop := w.serve(two)
	w.pod("two")
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ditto", Name: "a", UID: "a"}}
	two.opts.Journal.Begin(nil, inventory.FromTyped(s, corev1.SchemeGroupVersion.WithKind("Service")), w.Keys)
	entries, err := one.Ask(t.Context(), w, false)
	if err != nil || len(entries) != 1 || !entries[0].Elsewhere() {
		t.Fatalf("%v, %v", entries, err)
	}
	stop()
	w.expect(one, false, 0, "replica two: ")
	if entries[0].Elsewhere() {
		t.Error("it is waited for")
	}
}

// TestWhoIsToBeAsked cannot be told without the Service, and there may be too many.
func TestWhoIsToBeAsked(t *testing.T) {
	w := newWorld(t)
	one := w.replica("one")
	for i := range mostPeers + 1 {
		w.pod(fmt.Sprint("many-", i), func(p *corev1.Pod) { p.Status.PodIP = "" })
	}
	w.expect(one, true, 0, "there are 9 other replicas, and 8 are asked at most")
	w.Delete(inventory.ID{GroupKind: inventory.Service, Namespace: "guard", Name: "dittoguard"})
	w.expect(one, true, 0, "the Service guard/dittoguard is not there")
}

// TestANewReplicaIsHeardOf when it asks, which may be before its Pod is seen: what it lets in is not known yet.
func TestANewReplicaIsHeardOf(t *testing.T) {
	w := newWorld(t)
	one, two := w.replica("one"), w.replica("two")
	w.serve(one)
	w.expect(two, true, 0, "")
	if one.trusted() {
		t.Error("a new replica makes no doubt")
	}
	w.expect(two, true, 0, "")
	if one.trusted() {
		t.Error("one that asks, and was never heard, makes no doubt")
	}
	w.pod("two")
	w.serve(two)
	w.expect(one, true, 0, "")
	w.expect(two, true, 0, "")
	if !one.trusted() {
		t.Error("one that answers makes doubt")
	}
	other := w.replica("two", func(o *Options) { o.Pod, o.Build = "three", "2" })
	w.expect(other, true, 0, "another version")
	if one.trusted() {
		t.Error("one of another build makes no doubt")
	}
}

// TestNobodyElseCanAsk: no certificate, that of a stranger, plain HTTP, another method or path, and what is no question.
func TestNobodyElseCanAsk(t *testing.T) {
	w := newWorld(t)
	one := w.replica("one")
	w.serve(one)
	store(one, "a")
	base := "://" + net.JoinHostPort(addresses["one"], strconv.Itoa(w.port))
	for _, test := range []struct {
		name, method, url, body string
		certs                   []tls.Certificate
		want                    string
	}{
		{"no certificate", http.MethodPost, "https" + base + path, "{}", nil, "certificate"},
		{"a stranger", http.MethodPost, "https" + base + path, "{}", []tls.Certificate{certificate(t)}, "bad certificate"},
		{"plain HTTP", http.MethodPost, "http" + base + path, "{}", nil, "400 Bad Request"},
		{"another method", http.MethodGet, "https" + base + path, "", []tls.Certificate{w.cert}, "405 Method Not Allowed"},
		{"another path", http.MethodPost, "https" + base + "/v2/journal", "{}", []tls.Certificate{w.cert}, "404 Not Found"},
		{"no question", http.MethodPost, "https" + base + path, "[", []tls.Certificate{w.cert}, "400 Bad Request"},
		{"a long question", http.MethodPost, "https" + base + path, `{"from":"` + strings.Repeat("a", longestQuestion), []tls.Certificate{w.cert}, "400 Bad Request"},
		{"a replica", http.MethodPost, "https" + base + path, `{"from":"two","build":"1"}`, []tls.Certificate{w.cert}, "200 OK"},
	} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: test.certs}}
		request, err := http.NewRequestWithContext(t.Context(), test.method, test.url, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if response, err := (&http.Client{Transport: transport}).Do(request); err != nil {
			got = err.Error()
		} else {
			got = response.Status
			_ = response.Body.Close()
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
		transport.CloseIdleConnections()
	}
}
