// Package nginxconf says what an nginx in front of Ditto does with a request, from its configuration files: which
// location takes it, where it is forwarded and as which path, whether the client was asked for credentials, and what
// becomes of the pre-authenticated identity (header x-ditto-pre-authenticated).
//
// Start from [Parse]; [Config.Routes] lists what forwards, [Config.Locate] answers for one request, and
// [Route.ClientPathFor] asks the other way round. The package does no I/O, knows no Kubernetes, and judges nothing.
//
// Below it, each by itself: package syntax is the text of a configuration, expr its values and variables, wire paths as
// they are sent, vhost the choice among servers. Here is what runs them: scopes, the rewrite module, access, and what a
// route is.
//
// # How it reads
//
// The rules are those of nginx's own source (src/http: request parsing, location tree, rewrite codes, proxy module),
// and a test runs the real nginx against them. A directive list is executed, not searched: every `if`, `map` and `set`
// that cannot be decided from the configuration splits the reading in two, each half with its assumption about the
// request (`$http_authorization matches "~Bearer"`). So a basic authentication that is off for some requests and a
// header that is empty for the very same requests are seen together.
//
// # What it cannot know
//
// Files of the image are not visible. mime.types, fastcgi_params and its sisters, and modules-enabled/*.conf ship with
// nginx and do not matter here. Any other include that was not found is an unknown, and so is a pattern such as
// conf.d/*.conf that no mounted file matches: the stock image has a harmless conf.d/default.conf there, another image
// may have anything. Directly in http it is only listed in Config.Unknown, because what stands there is more servers;
// further inside it makes the routes it could change unknown. A pattern that a mounted file matches is taken to be
// answered by the mounted files alone. Templates (templates/*.template) are read as the conf.d file that the image's
// entry point makes of them, with their placeholders unknown: nginx itself refuses a variable that nothing defines, so
// such a name is never a variable. Lua, njs and perl are not read, nor are directives of modules that nobody here
// knows; they turn what they could change into unknown. Documents under a server's root are taken to be absent where
// their name comes from the request.
package nginxconf
