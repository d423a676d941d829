package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"net/http"
	"time"
)

// issuer is an OpenID Connect issuer on loopback.
type issuer struct {
	address string
	key     *rsa.PrivateKey
}

// issue starts one. It ends with this process.
func issue() (issuer, error) {
	i := issuer{}
	var err error
	if i.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return i, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return i, err
	}
	i.address = l.Addr().String()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v) //nolint:errchkjson // whoever asked sees that it is cut short
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": "http://" + i.address, "jwks_uri": "http://" + i.address + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": encode(i.key.N.Bytes()), "e": encode(big.NewInt(int64(i.key.E)).Bytes())}}})
	})
	go func() { _ = (&http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}).Serve(l) }()
	return i, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// token is a token for somebody.
func (i issuer) token() (string, error) {
	header, err := json.Marshal(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "1"})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"iss": "http://" + i.address, "sub": "somebody", "aud": "x", "exp": time.Now().Add(time.Hour).Unix()})
	if err != nil {
		return "", err
	}
	signed := encode(header) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, digest[:])
	return signed + "." + encode(signature), err
}

// conf is an extension file that has the gateway believe the issuer, under the name `own`, for DevOps the subject alone if one is given.
func (i issuer) conf(subject string) map[string]string {
	at := "ditto.gateway.authentication."
	text := at + `oauth.openid-connect-issuers.own.issuer = "` + i.address + "\"\n" + at + `devops.oauth.openid-connect-issuers.own.issuer = "` + i.address + "\"\n"
	if subject != "" {
		text += at + `devops.devops-oauth2-subjects = ["` + subject + "\"]\n" + at + `devops.status-oauth2-subjects = ["` + subject + "\"]\n"
	}
	return map[string]string{extensionFile: text}
}
