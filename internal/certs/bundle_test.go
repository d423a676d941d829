package certs

import (
	"bytes"
	"crypto/x509"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestBundleWith(t *testing.T) {
	const day, leaf = 24 * time.Hour, 7 * 24 * time.Hour
	now := time.Now()
	make := func(age, duration time.Duration) *x509.Certificate {
		ca, _ := newCA(t, now.Add(-age), duration)
		return ca
	}
	fresh, newer := make(time.Hour, 365*day), make(time.Minute, 365*day)
	settled := make(15*day, 365*day)
	old, older := make(240*day, 365*day), make(300*day, 365*day)
	expired := make(366*day, 365*day)
	names := map[*x509.Certificate]string{
		fresh: "fresh", newer: "newer", settled: "settled", old: "old", older: "older", expired: "expired",
	}
	for _, test := range []struct {
		name    string
		bundle  bundle
		current *x509.Certificate
		want    []string
	}{
		{"an empty bundle gets the CA", nil, fresh, []string{"fresh"}},
		{"what is there already stays once", bundle{fresh, fresh}, fresh, []string{"fresh"}},
		{"a new CA comes beside the old one", bundle{old}, fresh, []string{"fresh", "old"}},
		{"the order does not depend on who wrote", bundle{older, fresh, old}, fresh, []string{"fresh", "old", "older"}},
		{"an expired CA goes", bundle{expired, old}, fresh, []string{"fresh", "old"}},
		{"an old CA goes once none of its leaves can be valid", bundle{old}, settled, []string{"settled"}},
		{"a CA that another replica has seen first stays", bundle{newer, fresh}, settled, []string{"newer", "fresh", "settled"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, ca := range test.bundle.with(test.current, leaf, now) {
				got = append(got, names[ca])
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("bundle (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBundleWith_NeverGrowsWithoutEndAndNeverLosesTheCurrentCA(t *testing.T) {
	now := time.Now()
	current, _ := newCA(t, now.Add(-time.Hour), 24*time.Hour)
	var b bundle
	for i := range 2 * maxCAs {
		ca, _ := newCA(t, now.Add(-time.Duration(i)*time.Minute), 24*time.Hour)
		b = append(b, ca)
	}
	got := b.with(current, time.Hour, now)
	if len(got) != maxCAs || !got[maxCAs-1].Equal(current) || !got[0].Equal(b[0]) {
		t.Errorf("%d CAs, want the newest %d and the current one", len(got), maxCAs-1)
	}
}

func TestParseBundle_KeepsCertificatesAndDropsTheRest(t *testing.T) {
	ca, key := newCA(t, time.Now(), time.Hour)
	data := secretData(t, ca, key)
	spoilt := bytes.Join([][]byte{
		[]byte("# a comment\n"), data[corev1.TLSPrivateKeyKey], data[caKey],
		[]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), []byte("rest"),
	}, nil)
	if got := parseBundle(spoilt).encode(); !bytes.Equal(got, data[caKey]) {
		t.Errorf("got %q, want the certificate alone", got)
	}
}

func FuzzParseBundle(f *testing.F) {
	ca, _ := newCA(f, time.Now(), time.Hour)
	f.Add(bundle{ca, ca}.encode())
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----"))
	f.Fuzz(func(t *testing.T, data []byte) {
		once := parseBundle(data).encode()
		if twice := parseBundle(once).encode(); !bytes.Equal(once, twice) {
			t.Errorf("reading what was written changes it:\n%q\n%q", once, twice)
		}
	})
}

func TestAuthorityIn(t *testing.T) {
	now := time.Now()
	ca, key := newCA(t, now, time.Hour)
	good := secretData(t, ca, key)
	otherCA, otherKey := newCA(t, now, time.Hour)
	other := secretData(t, otherCA, otherKey)
	oldCA, oldKey := newCA(t, now.Add(-2*time.Hour), time.Hour)
	with := func(key string, value []byte) map[string][]byte {
		return map[string][]byte{
			caKey: good[caKey], corev1.TLSCertKey: good[corev1.TLSCertKey],
			corev1.TLSPrivateKeyKey: good[corev1.TLSPrivateKeyKey], key: value,
		}
	}
	for _, test := range []struct {
		name string
		data map[string][]byte
		want string
	}{
		{"a CA", good, ""},
		{"empty, as the chart creates it", nil, "it holds no CA yet"},
		{"without its key", with(corev1.TLSPrivateKeyKey, nil), "it holds no CA yet"},
		{"another CA slipped in", with(caKey, other[caKey]), "ca.crt and tls.crt differ"},
		{"another key", with(corev1.TLSPrivateKeyKey, other[corev1.TLSPrivateKeyKey]), "certificate and key do not belong together"},
		{"no PEM", map[string][]byte{caKey: {1}, corev1.TLSCertKey: {1}, corev1.TLSPrivateKeyKey: {1}}, "certificate and key do not belong together"},
		{"expired", secretData(t, oldCA, oldKey), "the CA has expired"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := authorityIn(&corev1.Secret{Data: test.data}, now)
			if test.want == "" {
				if err != nil || !got.Equal(ca) {
					t.Errorf("got %v, %v, want the CA", got, err)
				}
				return
			}
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
