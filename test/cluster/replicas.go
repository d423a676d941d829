package cluster

import (
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
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// replicaPort is the chart's webhook.port.
const replicaPort = "9443"

// Replicas are several processes behind the Service, each with a Pod that names its address.
type Replicas struct {
	// Serves are the processes, by the names of their Pods.
	Serves map[string]*Serve
	// Dealt counts the requests that each was dealt.
	Dealt map[string]*atomic.Int64

	cluster     *Cluster
	stopDealing func() error
}

// StartReplicas runs a replica for each name, with watches that are behind by lag. The API server's requests are dealt
// out to them in turn; a replica that does not answer is passed over.
func (c *Cluster) StartReplicas(ctx context.Context, binary string, lag time.Duration, names []string,
	flags ...string) (*Replicas, error) {
	r, addresses, at, err := c.startReplicas(ctx, binary, lag, names, flags)
	if err != nil {
		return nil, err
	}
	if err := r.deal(ctx, names, addresses, at); err != nil {
		r.Kill()
		return nil, err
	}
	return r, nil
}

// startReplicas runs the replicas, and returns their addresses and that of the Service.
func (c *Cluster) startReplicas(ctx context.Context, binary string, lag time.Duration, names,
	flags []string) (_ *Replicas, addresses map[string]string, at string, err error) {
	r := &Replicas{cluster: c, Serves: map[string]*Serve{}, Dealt: map[string]*atomic.Int64{},
		stopDealing: func() error { return nil }}
	defer func() {
		if err != nil {
			r.Kill()
		}
	}()
	key := types.NamespacedName{Namespace: Namespace, Name: Release}
	var deployment appsv1.Deployment
	var service corev1.Service
	if err := errors.Join(c.Client.Get(ctx, key, &deployment), c.Client.Get(ctx, key, &service)); err != nil {
		return nil, nil, "", fmt.Errorf("reading what the chart installed: %w", err)
	}
	addresses = map[string]string{}
	for _, name := range names {
		// Every Service has an address that nobody else has.
		address := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name}}
		address.Spec.Ports = []corev1.ServicePort{{Port: 443}}
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name,
			Labels: deployment.Spec.Template.Labels}}
		pod.Spec = deployment.Spec.Template.Spec
		if err := errors.Join(c.Client.Create(ctx, address), c.Client.Create(ctx, pod)); err != nil {
			return nil, nil, "", fmt.Errorf("making the Pod of a replica: %w", err)
		}
		addresses[name] = address.Spec.ClusterIP
		pod.Status.Phase = corev1.PodRunning
		pod.Status.PodIP = address.Spec.ClusterIP
		pod.Status.PodIPs = []corev1.PodIP{{IP: address.Spec.ClusterIP}}
		if err := c.Client.Status().Update(ctx, pod); err != nil {
			return nil, nil, "", fmt.Errorf("giving a replica its address: %w", err)
		}
	}
	for _, name := range names {
		r.Dealt[name] = &atomic.Int64{}
		if r.Serves[name], err = c.startServe(ctx, How{Binary: binary, Lag: lag, Flags: flags}, name, addresses[name]); err != nil {
			return nil, nil, "", err
		}
	}
	return r, addresses, net.JoinHostPort(service.Spec.ClusterIP, fmt.Sprint(service.Spec.Ports[0].Port)), nil
}

// deal answers in the Service's place, and hands each request on to the next replica.
func (r *Replicas) deal(ctx context.Context, names []string, addresses map[string]string, at string) error {
	certificate, err := r.cluster.certificate(ctx)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	if err != nil {
		return err
	}
	var turn atomic.Int64
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		MaxIdleConnsPerHost: 64} // a Service checks nothing either
	proxy := func(name string) *httputil.ReverseProxy {
		target := &url.URL{Scheme: "https", Host: net.JoinHostPort(addresses[name], replicaPort)}
		return &httputil.ReverseProxy{Transport: transport,
			Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(target) }}
	}
	proxies := map[string]*httputil.ReverseProxy{}
	for _, name := range names {
		proxies[name] = proxy(name)
	}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			for range names {
				name := names[int(turn.Add(1))%len(names)]
				if r.Serves[name].gone() {
					continue
				}
				r.Dealt[name].Add(1)
				proxies[name].ServeHTTP(w, request)
				return
			}
			http.Error(w, "no replica", http.StatusServiceUnavailable)
		}),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	go func() { _ = server.ServeTLS(listener, "", "") }()
	r.stopDealing = server.Close
	return nil
}

func (s *Serve) gone() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// Lose kills a replica, and deletes its Pod, as the loss of a node would.
func (r *Replicas) Lose(ctx context.Context, name string) error {
	r.Serves[name].Kill()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name}}
	return r.cluster.Client.Delete(ctx, pod, client.GracePeriodSeconds(0))
}

// Remove ends all of them, and leaves nothing behind.
func (r *Replicas) Remove(ctx context.Context) error {
	r.Kill()
	var errs []error
	for name := range r.Serves {
		meta := metav1.ObjectMeta{Namespace: Namespace, Name: name}
		for _, o := range []client.Object{&corev1.Pod{ObjectMeta: meta}, &corev1.Service{ObjectMeta: meta}} {
			errs = append(errs, client.IgnoreNotFound(r.cluster.Client.Delete(ctx, o, client.GracePeriodSeconds(0))))
		}
	}
	return errors.Join(errs...)
}

// Kill ends all of them at once.
func (r *Replicas) Kill() {
	for _, s := range r.Serves {
		if s != nil {
			s.Kill()
		}
	}
	_ = r.stopDealing()
}

// certificate is one for the Service, of dittoguard's own authority: whoever has its key can answer in dittoguard's
// place.
func (c *Cluster) certificate(ctx context.Context) (tls.Certificate, error) {
	var secret corev1.Secret
	if err := c.Client.Get(ctx, types.NamespacedName{Namespace: Namespace, Name: Release + "-ca"},
		&secret); err != nil {
		return tls.Certificate{}, fmt.Errorf("reading the authority: %w", err)
	}
	ca, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("reading the authority: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{Release + "." + Namespace + ".svc"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Leaf, key.Public(), ca.PrivateKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("signing a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
