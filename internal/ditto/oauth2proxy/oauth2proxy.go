// Package oauth2proxy reads how an oauth2-proxy is configured: what it forwards to, whom it asks to log in, and what
// becomes of the identity that Ditto believes.
//
// Facts are from the source of oauth2-proxy 7: pkg/apis/options (settings, alpha configuration), oauthproxy.go (who
// need not log in), pkg/middleware/headers.go and pkg/header/injector.go (what it makes of headers), pkg/upstream
// (paths).
package oauth2proxy

import (
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// Input is what an oauth2-proxy is given.
type Input struct {
	// Args is its command line. What is only known when the pod runs is a NUL.
	Args []string
	// Env are its variables.
	Env map[string]string
	// Files are the files at hand, by path.
	Files map[string]string
}

// Config is what it does.
type Config struct {
	Upstreams []*Upstream
	Listen    []Listen
	// Skips are those that need not log in, nil for nobody.
	Skips *Skips
	// LoggedIn and Anyone are what becomes of the identity header of those who are logged in, and of those who need not
	// be.
	LoggedIn, Anyone Identity
	// UserFile is the password file whose users may log in too, empty for none.
	UserFile string
	// EveryUser says that everyone may log in whom the provider knows; Domains are those of the addresses that may.
	EveryUser bool
	Domains   []string
	// RawPath: paths go on as clients write them.
	RawPath bool
	// Unknown is what could not be read.
	Unknown []string
}

// Listen is a port that clients connect to.
type Listen struct {
	Port int32
	TLS  bool
}

// The states of an Identity.
const (
	Set           = "set"
	PossiblyEmpty = "possibly-empty"
	Removed       = "removed"
	Client        = "client"
	Unknown       = "unknown"
)

// Identity says what becomes of the header x-ditto-pre-authenticated. The query parameter of that name always goes on.
type Identity struct {
	// State is set, possibly-empty, removed, client or unknown.
	State string
	// Why is for people; Assumption is what a set one rests on, empty for nothing.
	Why, Assumption string
}

const header = "x-ditto-pre-authenticated"

// Read reads a configuration.
func Read(in Input) *Config {
	c := &Config{}
	o := &options{flags: parseFlags(in.Args), env: in.Env, unknown: &c.Unknown}
	if file := o.text("config", "config", ""); file != "" {
		o.readFile(file, in.Files)
	}
	c.Skips = skips(o)
	c.UserFile = o.text("htpasswd-file", "htpasswd_file", "")
	c.Domains = o.list("email-domain", "email_domains")
	c.EveryUser = slices.Contains(c.Domains, "*")
	if alpha := o.text("alpha-config", "alpha_config", ""); alpha != "" {
		c.readAlpha(o, alpha, in)
		return c
	}
	c.LoggedIn = Identity{State: Client, Why: "without an alpha configuration, oauth2-proxy passes the header " +
		header + " on as clients send it"}
	c.Anyone = c.LoggedIn
	for _, text := range o.list("upstream", "upstreams") {
		u, err := url.Parse(text)
		if err != nil {
			o.note(reason.Of("oauth2-proxy-upstream"))
			continue
		}
		at := u.Path
		if at == "" {
			at = "/"
		}
		c.add(u, at, "")
	}
	c.order()
	address, tls := o.text("http-address", "http_address", "127.0.0.1:4180"), false
	if o.text("tls-cert-file", "tls_cert_file", "") != "" || o.text("tls-key-file", "tls_key_file", "") != "" {
		address, tls = o.text("https-address", "https_address", ":443"), true
	}
	c.listen(address, tls)
	return c
}

// add adds an upstream that requests are forwarded to; files and fixed answers are none.
func (c *Config) add(u *url.URL, at, rewrite string) {
	up := &Upstream{Path: at, Rewrite: rewrite}
	port := int64(80)
	switch u.Scheme {
	case "http":
	case "https":
		port = 443
	case "unix":
		up.Path, up.Socket = "/", path.Clean(u.Path)
		c.Upstreams = append(c.Upstreams, up)
		return
	case "static":
		up.Path = "/"
		fallthrough
	default:
		c.Upstreams = append(c.Upstreams, up)
		return
	}
	if text := u.Port(); text != "" {
		port, _ = strconv.ParseInt(text, 10, 32)
	}
	up.Host, up.Port = strings.ToLower(u.Hostname()), int32(port)
	c.Upstreams = append(c.Upstreams, up)
}

// listen adds a port of an address such as `http://0.0.0.0:4180`, `:443` or `-`.
func (c *Config) listen(address string, tls bool) {
	address = strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://")
	_, port, err := net.SplitHostPort(address)
	if n, bad := strconv.ParseUint(port, 10, 16); err == nil && bad == nil {
		c.Listen = append(c.Listen, Listen{Port: int32(n), TLS: tls})
	}
}
