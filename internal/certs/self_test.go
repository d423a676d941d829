package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testSettle = 200 * time.Millisecond

var secretKey = types.NamespacedName{Namespace: "guard", Name: "dittoguard-ca"}

// emptySecret is the CA Secret as the chart creates it.
func emptySecret() *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: secretKey.Namespace, Name: secretKey.Name}}
}

// start runs a replica until the test ends.
func start(t *testing.T, c client.WithWatch, caDuration time.Duration) *Self {
	t.Helper()
	authority := &secretAuthority{client: c, key: secretKey, caDuration: caDuration, leafDuration: caDuration / 2}
	return startWith(t, c, authority)
}

// startWith runs a replica with an authority.
func startWith(t *testing.T, c client.WithWatch, authority *secretAuthority) *Self {
	t.Helper()
	caDuration := authority.caDuration
	s := newSelf(c, authority,
		SelfOptions{
			Namespace: ours.namespace, ServiceName: ours.name, CASecret: secretKey.Name,
			ValidatingConfig: "dittoguard", MutatingConfig: "dittoguard",
			CADuration: caDuration, LeafDuration: caDuration / 2,
			Settle: testSettle, Resync: time.Second, Retry: 10 * time.Millisecond, Look: 10 * time.Millisecond,
		})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Start: %v", err)
		}
	})
	return s
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out: %s", what)
		}
	}
}

// bundles reads the CA bundle of every entry of ours.
func bundles(t testing.TB, c client.Client) []bundle {
	t.Helper()
	var list []bundle
	validating, err := readValidating(context.Background(), c, "dittoguard", ours)
	if err != nil {
		t.Error(err)
	}
	mutating, err := readMutating(context.Background(), c, "dittoguard", ours)
	if err != nil {
		t.Error(err)
	}
	for _, configuration := range []*configuration{validating, mutating} {
		if configuration == nil {
			continue
		}
		for _, entry := range configuration.entries {
			list = append(list, entry.cas)
		}
	}
	return list
}

func servedLeaf(t testing.TB, s *Self) *x509.Certificate {
	t.Helper()
	certificate, err := s.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return leafOf(certificate)
}

func trustedEverywhere(t testing.TB, c client.Client, leaf *x509.Certificate) bool {
	t.Helper()
	for _, b := range bundles(t, c) {
		if !b.trusts(leaf, "dittoguard.guard.svc", time.Now()) {
			return false
		}
	}
	return true
}

func TestSelf_FirstStart(t *testing.T) {
	c := fake.NewClientBuilder().WithObjects(emptySecret(), validatingConfiguration(), mutatingConfiguration()).Build()
	s := start(t, c, time.Hour)
	if err := s.Ready(); err == nil {
		t.Error("ready before it has started")
	}
	eventually(t, "ready", func() bool { return s.Ready() == nil })
	if got := len(bundles(t, c)); got != 3 {
		t.Errorf("%d entries of ours, want 3", got)
	}
	leaf := servedLeaf(t, s)
	if !trustedEverywhere(t, c, leaf) {
		t.Error("ready, but an API server would not trust the leaf")
	}
	if !s.NotAfter().Equal(leaf.NotAfter) {
		t.Errorf("NotAfter %s, want the leaf's %s", s.NotAfter(), leaf.NotAfter)
	}
}

// TestSelf_AClockThatIsAhead: a leaf that is not valid yet for API servers makes no replica ready. There is another one when the clock is set.
func TestSelf_AClockThatIsAhead(t *testing.T) {
	c := fake.NewClientBuilder().WithObjects(emptySecret(), validatingConfiguration(), mutatingConfiguration()).Build()
	authority := &secretAuthority{client: c, key: secretKey, caDuration: time.Hour, leafDuration: time.Hour / 2}
	authority.ahead.Store(int64(10 * time.Minute))
	s := startWith(t, c, authority)
	eventually(t, "it is said", func() bool {
		err := s.Ready()
		return err != nil && strings.Contains(err.Error(), "the serving certificate is not valid before ") &&
			strings.Contains(err.Error(), ", which for API servers is in ")
	})
	authority.ahead.Store(0)
	eventually(t, "ready", func() bool { return s.Ready() == nil })
	if !trustedEverywhere(t, c, servedLeaf(t, s)) {
		t.Error("ready, but an API server would not trust the leaf")
	}
}

func TestSelf_ADryRunHasNoMutatingConfigurationAndIsReady(t *testing.T) {
	c := fake.NewClientBuilder().WithObjects(emptySecret(), validatingConfiguration()).Build()
	s := start(t, c, time.Hour)
	eventually(t, "ready", func() bool { return s.Ready() == nil })

	if err := c.Create(t.Context(), mutatingConfiguration()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a configuration that comes later gets the CA", func() bool {
		return trustedEverywhere(t, c, servedLeaf(t, s)) && len(bundles(t, c)) == 3
	})
}

func TestSelf_ConfigurationsAreNeverCreated(t *testing.T) {
	c := fake.NewClientBuilder().WithObjects(emptySecret()).Build()
	s := start(t, c, time.Hour)
	eventually(t, "ready", func() bool { return s.Ready() == nil })
	if got := bundles(t, c); len(got) != 0 {
		t.Errorf("%d entries came from nowhere", len(got))
	}
}

// TestSelf_Rotation looks on as slow API servers do: each reads the bundles, and calls with them a while later. Whatever
// happens to the Secret, with three replicas that rotate on their own, none of these calls may fail.
func TestSelf_Rotation(t *testing.T) {
	c := fake.NewClientBuilder().WithObjects(emptySecret(), validatingConfiguration(), mutatingConfiguration()).Build()
	var replicas []*Self
	for range 3 {
		replicas = append(replicas, start(t, c, time.Hour))
	}
	for _, s := range replicas {
		eventually(t, "ready", func() bool { return s.Ready() == nil })
	}

	var apiServers sync.WaitGroup
	stop := make(chan struct{})
	for _, lag := range []time.Duration{0, testSettle / 4} {
		apiServers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				read := time.Now()
				known := bundles(t, c)
				time.Sleep(lag)
				for i, s := range replicas {
					leaf := servedLeaf(t, s)
					if time.Since(read) > testSettle {
						break // Slower than what Settle promises; on a busy machine that happens.
					}
					for _, b := range known {
						if !b.trusts(leaf, "dittoguard.guard.svc", time.Now()) {
							t.Errorf("replica %d serves a leaf that an API server %s behind does not trust", i, lag)
						}
					}
				}
			}
		})
	}

	rotations := []struct {
		name   string
		rotate func(*corev1.Secret) error
	}{
		{"the Secret is deleted", func(s *corev1.Secret) error { return c.Delete(t.Context(), s) }},
		{"the Secret is emptied", func(s *corev1.Secret) error { s.Data = nil; return c.Update(t.Context(), s) }},
		{"the key is replaced", func(s *corev1.Secret) error {
			ca, key := newCA(t, time.Now(), time.Hour)
			s.Data[corev1.TLSPrivateKeyKey] = secretData(t, ca, key)[corev1.TLSPrivateKeyKey]
			return c.Update(t.Context(), s)
		}},
		{"another CA is put in", func(s *corev1.Secret) error {
			ca, key := newCA(t, time.Now(), time.Hour)
			s.Data = secretData(t, ca, key)
			return c.Update(t.Context(), s)
		}},
	}
	for i, rotation := range rotations {
		secret := &corev1.Secret{}
		if err := c.Get(t.Context(), secretKey, secret); err != nil {
			t.Fatal(err)
		}
		old := parseBundle(secret.Data[caKey])[0]
		if err := rotation.rotate(secret); err != nil {
			t.Fatal(err)
		}
		for _, s := range replicas {
			eventually(t, rotation.name+": a leaf of a new CA is served", func() bool {
				return servedLeaf(t, s).CheckSignatureFrom(old) != nil && s.Ready() == nil
			})
		}
		for _, b := range bundles(t, c) {
			if len(b) < i+2 {
				t.Errorf("%s: a bundle has %d CAs, want the earlier ones kept too", rotation.name, len(b))
			}
		}
	}
	close(stop)
	apiServers.Wait()
}

func TestSelf_CAsAreReplacedWithAgeAndGo(t *testing.T) {
	c := fake.NewClientBuilder().WithObjects(emptySecret(), validatingConfiguration(), mutatingConfiguration()).Build()
	s := start(t, c, 3*time.Second)
	eventually(t, "ready", func() bool { return s.Ready() == nil })
	original := bundles(t, c)[0][0]
	eventually(t, "a second CA comes beside the first", func() bool {
		b := bundles(t, c)[0]
		return len(b) == 2 && b[1].Equal(original)
	})
	eventually(t, "the first CA goes", func() bool {
		for _, b := range bundles(t, c) {
			for _, ca := range b {
				if ca.Equal(original) {
					return false
				}
			}
		}
		return true
	})
	eventually(t, "ready again", func() bool { return s.Ready() == nil && trustedEverywhere(t, c, servedLeaf(t, s)) })
}

func TestSelf_ABundleThatSomeoneEmptiesIsWrittenAgain(t *testing.T) {
	c := fake.NewClientBuilder().WithObjects(emptySecret(), validatingConfiguration(), mutatingConfiguration()).Build()
	s := start(t, c, time.Hour)
	eventually(t, "ready", func() bool { return s.Ready() == nil })
	configuration := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	eventually(t, "emptied", func() bool {
		if err := c.Get(t.Context(), client.ObjectKey{Name: "dittoguard"}, configuration); err != nil {
			return false
		}
		for i := range configuration.Webhooks {
			configuration.Webhooks[i].ClientConfig.CABundle = nil
		}
		return c.Update(t.Context(), configuration) == nil
	})
	eventually(t, "trusted again", func() bool { return s.Ready() == nil && trustedEverywhere(t, c, servedLeaf(t, s)) })
}

// TestSelf_TheOldLeafIsServedAsLongAsOneConfigurationLacksTheNewCA holds back the mutating configuration.
func TestSelf_TheOldLeafIsServedAsLongAsOneConfigurationLacksTheNewCA(t *testing.T) {
	var mu sync.Mutex
	var refuse bool
	c := fake.NewClientBuilder().
		WithObjects(emptySecret(), validatingConfiguration(), mutatingConfiguration()).
		WithInterceptorFuncs(interceptor.Funcs{
			Patch: func(ctx context.Context, w client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				mu.Lock()
				defer mu.Unlock()
				if _, mutating := o.(*admissionregistrationv1.MutatingWebhookConfiguration); mutating && refuse {
					return apierrors.NewForbidden(schema.GroupResource{Resource: "mutatingwebhookconfigurations"}, o.GetName(), errors.New("no"))
				}
				return w.Patch(ctx, o, p, opts...)
			},
		}).Build()
	s := start(t, c, time.Hour)
	eventually(t, "ready", func() bool { return s.Ready() == nil })
	old := servedLeaf(t, s)

	mu.Lock()
	refuse = true
	mu.Unlock()
	if err := c.Delete(t.Context(), emptySecret()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the validating configuration has both CAs", func() bool { return len(bundles(t, c)[0]) == 2 })
	time.Sleep(3 * testSettle)
	if got := servedLeaf(t, s); !got.Equal(old) {
		t.Error("the new leaf is served already")
	}
	if err := s.Ready(); err != nil {
		t.Errorf("not ready, though the served leaf is trusted: %v", err)
	}

	mu.Lock()
	refuse = false
	mu.Unlock()
	eventually(t, "the new leaf is served", func() bool { return !servedLeaf(t, s).Equal(old) })
}

func TestSelf_ReadySaysWhatIsMissing(t *testing.T) {
	forbidden := func(what string) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: what}, "dittoguard", errors.New("no rights"))
	}
	for _, test := range []struct {
		name  string
		funcs interceptor.Funcs
		want  []string
	}{
		{
			"the CA cannot be written into a configuration",
			interceptor.Funcs{Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
				return forbidden("validatingwebhookconfigurations")
			}},
			[]string{
				`ValidatingWebhookConfiguration "dittoguard": webhook "protected.example.com" does not trust the serving certificate yet`,
				`writing caBundle of ValidatingWebhookConfiguration "dittoguard": validatingwebhookconfigurations "dittoguard" is forbidden: no rights`,
			},
		},
		{
			"the configurations cannot be read",
			interceptor.Funcs{Get: func(ctx context.Context, w client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				if _, secret := o.(*corev1.Secret); secret {
					return w.Get(ctx, key, o, opts...)
				}
				return forbidden("validatingwebhookconfigurations")
			}},
			[]string{
				"no serving certificate yet",
				"the webhook configurations have not been read yet",
				`reading ValidatingWebhookConfiguration "dittoguard": validatingwebhookconfigurations "dittoguard" is forbidden: no rights`,
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := fake.NewClientBuilder().
				WithObjects(emptySecret(), validatingConfiguration(), mutatingConfiguration()).
				WithInterceptorFuncs(test.funcs).Build()
			s := start(t, c, time.Hour)
			eventually(t, strings.Join(test.want, "; "), func() bool {
				err := s.Ready()
				for _, want := range test.want {
					if err == nil || !strings.Contains(err.Error(), want) {
						return false
					}
				}
				return true
			})
		})
	}
}

func TestNewSelf_ReportsAllMissingOptionsAtOnce(t *testing.T) {
	_, err := NewSelf(nil, SelfOptions{CADuration: time.Hour, LeafDuration: time.Hour})
	want := "self-managed certificates: the namespace is required\n" +
		"self-managed certificates: the service name is required\n" +
		"self-managed certificates: the name of the CA Secret is required\n" +
		"self-managed certificates: a leaf (1h0m0s) must not live as long as its CA (1h0m0s)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
