package expr

import "slices"

// Writer says who decides what a variable of nginx holds.
type Writer int

// The writers, from the table of variables.
const (
	// ByNobody: nginx has no such variable. What nothing defines is a placeholder, or a module's, since nginx would not
	// start.
	ByNobody Writer = iota
	// BySomething: it depends on more than the request, such as the answer of another service, a certificate or a
	// token.
	BySomething
	// ByNginx: nginx itself, and it is never empty.
	ByNginx
	// ByNginxOrNobody: nginx itself, for some requests with nothing.
	ByNginxOrNobody
	// ByChoice: the client, among few values.
	ByChoice
	// ByClient: the client, whatever it likes.
	ByClient
)

// nature is a row of the table of variables.
type nature struct {
	writer Writer
	// optional: a client may leave it empty, or choose it freely.
	optional bool
	// path: it follows the path and the query of an internal redirect. pathless: the path does not go into it.
	path, pathless bool
}

// variables are nginx's own, as its documentation lists them; a name that ends in `*` stands for all that begin so.
// Beside these there are captures, named by a digit, and what a configuration defines.
var variables = map[string]nature{
	"args": {ByClient, true, true, false}, "query_string": {ByClient, true, true, false},
	"arg_*":  {ByClient, true, true, false},
	"http_*": {ByClient, true, false, true}, "cookie_*": {ByClient, true, false, false},
	"content_type": {ByClient, true, false, false}, "content_length": {ByClient, true, false, false},
	"request_body": {ByClient, true, false, false}, "request_method": {ByClient, true, false, true},
	"is_args": {ByChoice, true, false, false}, "server_protocol": {ByChoice, false, false, true},
	"uri": {ByClient, false, true, false}, "document_uri": {ByClient, false, true, false},
	"request_filename": {ByClient, false, true, false},
	"request*":         {ByClient, false, false, false}, "host": {ByClient, false, false, true},
	"ssl_server_name": {ByClient, false, false, true}, "proxy_add_x_forwarded_for": {ByClient, false, false, false},

	"request_id": {writer: ByNginx}, "request_time": {writer: ByNginx}, "request_length": {writer: ByNginx},
	"remote_addr": {ByNginx, false, false, true}, "binary_remote_addr": {writer: ByNginx},
	"remote_port": {ByNginx, false, false, true},
	"server_addr": {ByNginx, false, false, true}, "server_port": {ByNginx, false, false, true},
	// The first name of the server as it stands in the configuration, whatever the client calls it.
	"server_name": {ByNginx, false, false, true},
	"scheme":      {ByNginx, false, false, true}, "https": {writer: ByNginxOrNobody}, "hostname": {writer: ByNginx},
	"connection*": {writer: ByNginx}, "time_*": {writer: ByNginx}, "msec": {writer: ByNginx}, "pid": {writer: ByNginx},
	"nginx_version": {writer: ByNginx},

	"remote_user": {BySomething, false, false, true}, "ssl_*": {BySomething, false, false, true},
	"sent_http_*": {writer: BySomething}, "upstream_*": {writer: BySomething}, "jwt_*": {writer: BySomething},
	"oidc_*":  {writer: BySomething},
	"geoip_*": {writer: BySomething}, "geoip2_*": {writer: BySomething}, "proxy_*": {writer: BySomething},
	"realip_*":     {writer: BySomething},
	"secure_link*": {writer: BySomething}, "tcpinfo_*": {writer: BySomething}, "body_bytes_sent": {writer: BySomething},
	"bytes_sent":    {writer: BySomething},
	"document_root": {writer: BySomething}, "realpath_root": {writer: BySomething}, "gzip_ratio": {writer: BySomething},
	"http2": {writer: BySomething},
	"http3": {writer: BySomething}, "invalid_referer": {writer: BySomething}, "is_request_port": {writer: BySomething},
	"limit_rate": {writer: BySomething},
	"pipe":       {writer: BySomething}, "status": {writer: BySomething}, "date_local": {writer: BySomething},
	"date_gmt":         {writer: BySomething},
	"limit_req_status": {writer: BySomething}, "limit_conn_status": {writer: BySomething},
}

// of is the row of a variable.
func of(name string) nature {
	if n, ok := variables[name]; ok {
		return n
	}
	if capture(name) {
		return nature{writer: ByClient, path: true}
	}
	for i := len(name); i > 0; i-- {
		if n, ok := variables[name[:i]+"*"]; ok {
			return n
		}
	}
	return nature{}
}

// capture says whether a name is that of a capture.
func capture(name string) bool { return len(name) == 1 && name[0] >= '0' && name[0] <= '9' }

// builtin says whether nginx has a variable of this name.
func builtin(name string) bool { return of(name).writer != ByNobody && !capture(name) }

// WriterOf says who decides what a variable of nginx holds.
func WriterOf(name string) Writer { return of(name).writer }

// Optional says whether a client chooses a variable freely, or leaves it empty.
func Optional(name string) bool { return of(name).optional }

// Pathless says whether the path certainly does not go into a variable of nginx.
func Pathless(name string) bool { return of(name).pathless }

// Chosen says whether a part of a value is what the client wrote. Who a user is the client says, unless it was
// verified.
func Chosen(p Part) bool {
	for _, inner := range p.From {
		if inner.Name != "" && Chosen(inner) {
			return true
		}
	}
	return p.From == nil && (p.Name == "remote_user" || of(p.Name).writer == ByClient)
}

// HoldsUnknown says whether a text holds what cannot be resolved.
func (t Text) HoldsUnknown() bool {
	return slices.ContainsFunc(t, func(p Part) bool { return p.Name == Undefined })
}
