package edges

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// envoyVersion is that of the package that `build` installs.
const envoyVersion = "1.40.0"

// envoy is a command that runs Envoy by itself, without a sibling to hand on to.
func envoy(bin, dir, bootstrap string, args ...string) *exec.Cmd {
	cmd := leashed(filepath.Join(bin, "envoy"),
		append([]string{"--config-path", bootstrap, "--log-level", "warning", "--concurrency", "1", "--disable-hot-restart"}, args...)...)
	cmd.Dir = dir // where the socket of its administration is: the path of a socket has to be short
	return cmd
}

// certificate is the Secret "tls" of a scenario, whose certificate is made for each run.
var certificate = sync.OnceValue(func() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "edge"}, DNSNames: []string{"*.example.com", "*.invalid"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), BasicConstraintsValid: true,
	}
	public, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		panic(err)
	}
	text := func(kind string, bytes []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return fmt.Sprintf(`apiVersion: v1
kind: Secret
metadata: {name: tls, namespace: $ns}
type: kubernetes.io/tls
data: {tls.crt: %s, tls.key: %s}
---
`, text("CERTIFICATE", public), text("EC PRIVATE KEY", private))
})

// tokenKey signs the token of the scenarios; keySet is what those who check it are given.
const tokenKey = "a key for scenarios alone, known to all"

var keySet = `{"keys":[{"kty":"oct","alg":"HS256","kid":"k","k":"` + base64.RawURLEncoding.EncodeToString([]byte(tokenKey)) + `"}]}`

// token is one that is valid for a long time. It is the same for each run, so that it does not matter to the record.
var token = func() string {
	part := base64.RawURLEncoding.EncodeToString
	text := part([]byte(`{"alg":"HS256","kid":"k","typ":"JWT"}`)) + "." + part([]byte(`{"iss":"dittoguard","aud":"ditto","sub":"someone","exp":32503680000}`))
	sum := hmac.New(sha256.New, []byte(tokenKey))
	sum.Write([]byte(text))
	return text + "." + part(sum.Sum(nil))
}()
