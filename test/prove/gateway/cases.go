package main

import (
	"fmt"
	"maps"
	"strings"
)

// image is what Ditto's image sets.
var image = map[string]string{"HOSTING_ENVIRONMENT": "Docker", "HTTP_PORT": "8080"}

const (
	extensionFile = "/opt/ditto/gateway-extension.conf"
	basedOnFile   = "/opt/ditto/based.conf"
)

// spellings are ways to write a boolean, some of which are none.
var spellings = []string{
	"false", "true", "on", "TRUE", "", "yes", "no", "off", "False", "True", "Yes", "ON", "Off", "1", "0", " ", " true", "true ", "false\n",
	"\ttrue", "t", "f", "y", "n", "null", "enabled", "\"true\"", "'true'", "true,false", "truefalse", "${X}", "tru\u00e9", "true\u00a0",
}

// cases are all that a gateway is given to resolve.
func cases() []Given {
	var all []Given
	add := func(name string, env, properties, files map[string]string) {
		all = append(all, Given{Name: name, Env: env, Properties: properties, Files: files})
	}
	for i, s := range known {
		for j, value := range samples(s.kind) {
			whole := i == 0 || s.kind != boolean // one stands for all booleans: the parser is the same
			if !whole && j >= 5 {
				break
			}
			for _, ref := range s.binding.Refs {
				if !strings.ContainsAny(ref, ".") {
					add(fmt.Sprintf("%s as %q", ref, value), map[string]string{ref: value}, nil, nil)
				}
			}
			if whole && j%2 == 0 || j == 0 {
				add(fmt.Sprintf("-D%s as %q", s.binding.Path, value), nil, map[string]string{s.binding.Path: value}, nil)
				add(fmt.Sprintf("extension %s = %s", s.binding.Path, value), nil, nil, map[string]string{extensionFile: s.binding.Path + " = " + value + "\n"})
			}
		}
	}
	add("nothing", nil, nil, nil)
	orders(add)
	documents(add)
	hosting(add)
	secretFiles(add)
	oidc(add)
	return all
}

func samples(k kind) []string {
	switch k {
	case boolean:
		return spellings
	case method:
		return []string{"basic", "oauth2", "BASIC", "OAuth2", "oauth", "", " basic", "none"}
	case list:
		return []string{"", "a:b", "[]", `["a:b"]`, `["a:b","c:d"]`, "a,b"}
	case number:
		return []string{"8081", "", "0", "-1", "1.5", "1e3", "x", " 7", "0x10", "70000"}
	default:
		return []string{"http", "", " x ", "a b", `a"b`, "x#y", "null", "01"}
	}
}

type adder func(name string, env, properties, files map[string]string)

// orders sets one thing from two sources, for every pair of them, to see which is the stronger.
func orders(add adder) {
	const path = "ditto.gateway.authentication.pre-authentication.enabled"
	type source struct {
		name string
		set  func(g *Given, value string)
	}
	env := func(name string) source {
		return source{name, func(g *Given, value string) { g.Env[name] = value }}
	}
	property := func(name string) source {
		return source{"-D" + name, func(g *Given, value string) { g.Properties[name] = value }}
	}
	sources := []source{
		env("ENABLE_PRE_AUTHENTICATION"), env("ENABLE_DUMMY_AUTH"),
		property(path), property("ENABLE_PRE_AUTHENTICATION"), property("ENABLE_DUMMY_AUTH"),
		{"the extension", func(g *Given, value string) { g.Files[extensionFile] += path + " = " + value + "\n" }},
		{"the file-based configuration", func(g *Given, value string) {
			g.Env["HOSTING_ENVIRONMENT"], g.Env["HOSTING_ENVIRONMENT_FILE_LOCATION"] = "filebased", basedOnFile
			g.Files[basedOnFile] += path + " = " + value + "\n"
		}},
		{"the variable in the file-based configuration", func(g *Given, value string) {
			g.Env["HOSTING_ENVIRONMENT"], g.Env["HOSTING_ENVIRONMENT_FILE_LOCATION"] = "filebased", basedOnFile
			g.Files[basedOnFile] += "ENABLE_DUMMY_AUTH = " + value + "\n"
		}},
		{"a variable in the extension", func(g *Given, value string) { g.Files[extensionFile] += "ENABLE_DUMMY_AUTH = " + value + "\n" }},
		{"the development profile", func(g *Given, _ string) { g.Env["HOSTING_ENVIRONMENT"] = "" }},
		{"a forced variable", func(g *Given, value string) {
			g.Properties["config.override_with_env_vars"] = "true"
			g.Env["CONFIG_FORCE_ditto_gateway_authentication_pre__authentication_enabled"] = value
		}},
		{"-Dconfig.file", func(g *Given, value string) {
			g.Properties["config.file"] = "/opt/ditto/other.conf"
			g.Files["/opt/ditto/other.conf"] += path + " = " + value + "\n"
		}},
		{"a variable in -Dconfig.file", func(g *Given, value string) {
			g.Properties["config.file"] = "/opt/ditto/other.conf"
			g.Files["/opt/ditto/other.conf"] += "ENABLE_DUMMY_AUTH = " + value + "\n"
		}},
	}
	for i, a := range sources {
		for _, b := range sources[i:] {
			g := Given{Env: map[string]string{}, Properties: map[string]string{}, Files: map[string]string{}}
			a.set(&g, "true")
			if a.name != b.name {
				b.set(&g, "false")
			}
			add(a.name+" true, "+b.name+" false", g.Env, g.Properties, g.Files)
		}
	}
}

// documents are ways to write settings in a file.
func documents(add adder) {
	const path = "ditto.gateway.authentication.pre-authentication.enabled"
	for _, text := range []string{
		`ditto.gateway.authentication { pre-authentication { enabled = true } }`,
		`ditto { gateway { authentication { pre-authentication : { enabled : on } } } }`,
		`"ditto"."gateway"."authentication"."pre-authentication"."enabled" = yes`,
		`"ditto.gateway.authentication.pre-authentication.enabled" = true`,
		path + " = true\n" + path + " = false",
		path + " = true // really\n",
		path + " = true # really\n",
		path + " = true really\n",
		path + ` = "true"`,
		path + ` = """true"""`,
		path + " = ${?NOTHING}",
		path + " = ${NOTHING}",
		path + " = ${?ON}\nON = true",
		path + " = true\nditto.gateway = null",
		path + " = true\nditto.gateway.authentication.pre-authentication = null",
		path + " = null",
		path + " = [true]",
		path + " = {a = true}",
		path + " += true",
		"ditto.gateway.authentication.pre-authentication = {enabled = true, other = 1}",
		"ditto.gateway.authentication = ${ditto.gateway.authentication} {pre-authentication.enabled = true}",
		"x { enabled = true }\nditto.gateway.authentication.pre-authentication = ${x}",
		"x = true\n" + path + " = ${x}",
		path + " = tr${?E}ue",
		path + " = ${?A}${?B}\nA = tr\nB = ue",
		"include \"other.conf\"\n",
		"include file(\"/opt/ditto/other.conf\")\n",
		"include required(file(\"/opt/ditto/none.conf\"))\n",
		"{ " + path + " = true }",
		"{ " + path + " = true",
		"\ufeff" + path + " = true",
		"ditto.gateway.authentication.devops.secured = false, " + path + " = true",
		"ditto.gateway.authentication.devops { secured = false\n status-secured = false }",
		"ditto.gateway.authentication.devops.devops-oauth2-subjects = [\"a:b\"]\nditto.gateway.authentication.devops.devops-oauth2-subjects += \"c:d\"",
		"ditto.gateway.authentication.devops.devops-oauth2-subjects = [\"a:b\"] [\"c:d\"]",
		"ditto.gateway.authentication.devops.devops-oauth2-subjects { 0 = \"a:b\", 5 = \"c:d\" }",
		"ditto.gateway.authentication.devops.password = ${?OTHER_PASSWORD}",
		"ditto.gateway.authentication.devops.password = foo bar",
		"ditto.gateway.authentication.devops.password = 12.0",
		"ditto.gateway.authentication.devops.password = 0012",
		"ditto.gateway.authentication.devops.securestatus = false",
		"DEVOPS_SECURED = false",
		"HOSTING_ENVIRONMENT = filebased",
		"secrets.devops_password.name = other",
		"secrets.devops_password.value = written",
		"secrets { devops_password { name = other } }",
	} {
		files := map[string]string{extensionFile: text + "\n", "/opt/ditto/other.conf": path + " = true\n", "/run/secrets/other": "of-other\n"}
		add("extension "+text, map[string]string{"OTHER_PASSWORD": "own"}, nil, files)
	}
	for i := range 2 {
		properties := map[string]string{"ditto.gateway.authentication.devops.devops-oauth2-subjects.0": "a:b"}
		if i > 0 {
			properties["ditto.gateway.authentication.devops.devops-oauth2-subjects.2"] = "c:d"
		}
		add(fmt.Sprintf("%d numbered properties", i+1), nil, properties, nil)
		variables := map[string]string{"DEVOPS_OAUTH2_SUBJECTS.0": "a:b"}
		if i > 0 {
			variables["DEVOPS_OAUTH2_SUBJECTS.2"], variables["DEVOPS_OAUTH2_SUBJECTS"] = "c:d", "x:y"
		}
		add(fmt.Sprintf("%d numbered variables", i+1), variables, nil, nil)
	}
	add("an object at the property", nil, map[string]string{path: "true", path + ".x": "1"}, nil)
	add("a property above", nil, map[string]string{"ditto.gateway.authentication.pre-authentication": "true"}, nil)
	add("securestatus as a property", nil, map[string]string{"ditto.gateway.authentication.devops.securestatus": "false"}, nil)
	for _, name := range []string{"DEVOPS_SECURE_STATUS", "SECURED", "ditto.gateway.authentication.devops.secured", "DEVOPS_PASSWORD_NAME"} {
		add("the variable "+name, map[string]string{name: "false"}, nil, nil)
		add("the variable "+name+" as a property", nil, map[string]string{name: "false"}, nil)
	}
}

// hosting are ways to name the hosting environment.
func hosting(add adder) {
	for _, name := range []string{
		"Docker", "docker", "DOCKER", "Production", "production", "cloud", "Cloud", "development", "Development", "local", "", " docker", "kubernetes",
		"filebased", "FileBased", "FILE_BASED", "file-based", "test",
	} {
		env := map[string]string{"HOSTING_ENVIRONMENT": name}
		add(fmt.Sprintf("HOSTING_ENVIRONMENT %q", name), env, nil, nil)
		with := maps.Clone(env)
		with["HOSTING_ENVIRONMENT_FILE_LOCATION"] = basedOnFile
		add(fmt.Sprintf("HOSTING_ENVIRONMENT %q with a file", name), with, nil, map[string]string{
			basedOnFile: "ditto.gateway.authentication.devops.secured = false\n", "/run/secrets/devops_password": "of-file\n"})
		set := maps.Clone(env)
		for _, variable := range []string{"ENABLE_PRE_AUTHENTICATION", "DEVOPS_SECURED", "ENABLE_CORS", "DEVOPS_STATUS_SECURED"} {
			set[variable] = "false"
		}
		set["ENABLE_DUMMY_AUTH"] = "true"
		add(fmt.Sprintf("HOSTING_ENVIRONMENT %q with variables", name), set, nil, nil)
	}
	add("HOSTING_ENVIRONMENT as a property", nil, map[string]string{"HOSTING_ENVIRONMENT": "development"}, nil)
	add("no HOSTING_ENVIRONMENT", map[string]string{"HOSTING_ENVIRONMENT": unset}, nil, nil)
	add("a file that is not there", map[string]string{"HOSTING_ENVIRONMENT": "filebased", "HOSTING_ENVIRONMENT_FILE_LOCATION": "/opt/ditto/none.conf"}, nil, nil)
	add("a file without a suffix", map[string]string{"HOSTING_ENVIRONMENT": "filebased", "HOSTING_ENVIRONMENT_FILE_LOCATION": "/opt/ditto/based"}, nil,
		map[string]string{basedOnFile: "ditto.gateway.authentication.devops.secured = false\n"})
	add("a JSON file", map[string]string{"HOSTING_ENVIRONMENT": "filebased", "HOSTING_ENVIRONMENT_FILE_LOCATION": "/opt/ditto/based.json"}, nil,
		map[string]string{"/opt/ditto/based.json": `{"ditto":{"gateway":{"authentication":{"devops":{"secured":false}}}}}`})
}

// unset is the value of a variable that the image sets and that is not there all the same, which no pod can bring about.
const unset = "\x00"

// secretFiles are passwords in files.
func secretFiles(add adder) {
	const file = "/run/secrets/devops_password"
	for _, text := range []string{"own", "own\n", "own\r\n", "own\nother\n", "", "\n", " own \n", "foobar\n"} {
		add(fmt.Sprintf("secret file %q", text), nil, nil, map[string]string{file: text})
	}
	add("secret file and variable", map[string]string{"DEVOPS_PASSWORD": "of-variable"}, nil, map[string]string{file: "of-file\n"})
	add("secret file and empty variable", map[string]string{"DEVOPS_PASSWORD": ""}, nil, map[string]string{file: "of-file\n"})
	add("secret file of the status", nil, nil, map[string]string{"/run/secrets/status_password": "of-file\n"})
	add("secret file of another name", map[string]string{"DEVOPS_PASSWORD_NAME": "other"}, nil, map[string]string{"/run/secrets/other": "of-other\n", file: "of-file\n"})
	add("secret file in another folder", map[string]string{"SECRETS_DIR": "/opt/ditto/secrets"}, nil,
		map[string]string{"/opt/ditto/secrets/devops_password": "of-other\n", file: "of-file\n"})
	add("secret file by a property", nil, map[string]string{"secrets.devops_password.value": "of-property"}, nil)
	add("secret file and extension", nil, nil, map[string]string{file: "of-file\n", extensionFile: "ditto.gateway.authentication.devops.password = of-extension\n"})
}

// oidc are issuers.
func oidc(add adder) {
	for _, of := range []string{"oauth", "devops.oauth"} {
		at := "ditto.gateway.authentication." + of + ".openid-connect-issuers"
		for _, text := range []string{
			at + ` = { keycloak = { issuer = "k.example.com" } }`,
			at + ` { keycloak { issuers = ["k.example.com", "l.example.com"] } }`,
			at + ` { keycloak { issuer = "k.example.com", issuers = ["l.example.com"] } }`,
			at + ` = null` + "\n" + at + ` { keycloak { issuer = "k.example.com" } }`,
			at + `.google = null`,
			at + ` = {}`,
			at + `.google.issuer = "g.example.com"`,
			at + `.keycloak { issuer = ${?KEYCLOAK} }`,
			at + `."key.cloak" { issuer = "k.example.com" }`,
		} {
			add("extension "+text, map[string]string{"KEYCLOAK": "from.example.com"}, nil, map[string]string{extensionFile: text + "\n"})
		}
		add("issuer as a property "+of, nil, map[string]string{at + ".keycloak.issuer": "k.example.com"}, nil)
	}
	add("issuer of the development profile", map[string]string{"HOSTING_ENVIRONMENT": "development"}, nil, nil)
}
