package literal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNamed(t *testing.T) {
	for name, want := range map[string]bool{
		"DEVOPS_PASSWORD":                                              true,
		"STATUS_PASSWORD":                                              true,
		"MONGO_DB_SSL_CLIENT_KEY_PASSWORD":                             true,
		"CONNECTIVITY_CONNECTION_ENCRYPTION_KEY":                       true,
		"CONNECTIVITY_CONNECTION_OLD_ENCRYPTION_KEY":                   true,
		"CONFIG_FORCE_ditto_gateway_devops_password":                   true,
		"ditto.gateway.authentication.devops.statusPassword":           true,
		"ditto.connectivity.connection.encryption.old-symmetrical-key": true,
		"secrets.devops_password.value":                                true,
		"javax.net.ssl.keyStorePassword":                               true,
		"keystorepassword":                                             true,
		"client-secret":                                                true,
		"AWS_SECRET_ACCESS_KEY":                                        true,
		"passWord":                                                     true,
		"encryptionKey":                                                true,
		"monkey":                                                       false,
		"API_TOKEN":                                                    true,
		"DEVOPS_PASSWORD_NAME":                                         false,
		"secrets.devops_password.name":                                 false,
		"MONGO_DB_SSL_CLIENT_KEY_FILE":                                 false,
		"OAUTH_TOKEN_INTEGRATION_SUBJECT":                              false,
		"JSON_KEY_VALIDATION_ENABLED":                                  false,
		"AWS_ACCESS_KEY_ID":                                            false,
		"CLEANUP_WRITES_PER_CREDIT":                                    false,
		"key":                                                          false,
		"KEY":                                                          false,
		"value":                                                        false,
		"":                                                             false,
	} {
		if got := Named(name); got != want {
			t.Errorf("Named(%q) = %v", name, got)
		}
	}
}

func TestCredentials(t *testing.T) {
	for text, want := range map[string]bool{
		"mongodb://u:p@db/d":                    true,
		"mongodb+srv://u:p%40b@db":              true,
		"a:1,amqps://u:p@b":                     true,
		"http://a/ http://u:p@b":                true,
		"http://u:p@b@c/":                       true,
		"mongodb://u@db/d":                      false,
		"mongodb://u:@db/d":                     false,
		"http://host:8080/@x":                   false,
		"http://host:8080/?mail=a:b@c":          false,
		"http://host:8080 and me:you@elsewhere": false,
		"u:p@db":                                false,
		"":                                      false,
		"://":                                   false,
	} {
		if got := Credentials(text); got != want {
			t.Errorf("Credentials(%q) = %v", text, got)
		}
	}
}

func TestSecret(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"DEVOPS_PASSWORD", "x", true},
		{"DEVOPS_PASSWORD", "", false},
		{"DEVOPS_PASSWORD", " ", false},
		{"VERIFY_TOKEN", "true", false},
		{"MONGO_DB_URI", "mongodb://u:p@db", true},
		{"MONGO_DB_URI", "mongodb://db", false},
		{"MONGO_DB_AUTHENTICATION", "u:p@", true},
		{"MONGO_DB_AUTHENTICATION", "u:@", false},
		{"OTHER_AUTHENTICATION", "u:p@", false},
		{"LOG_LEVEL", "INFO", false},
	} {
		if got := Secret(test.name, test.text); got != test.want {
			t.Errorf("Secret(%q, %q) = %v", test.name, test.text, got)
		}
	}
}

func TestMasked(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", "$(A)": "", "x$(A)y$(B)": "xy", "$$(A)": "$(A)", "$A": "$A", "$(A": "$(A", "a$": "a$", "$": "$",
		"mongodb://$(U):$(P)@db": "mongodb://:@db",
	} {
		if got := Masked(text); got != want {
			t.Errorf("Masked(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestInWords(t *testing.T) {
	for _, test := range []struct {
		name  string
		words string
		shell bool
		want  []string
	}{
		{"nothing", "", false, nil},
		{"a property", "-Xmx1g -Dditto.x.password=p -Da=b", false, []string{"-Dditto.x.password"}},
		{"a property with nothing", "-Dditto.x.password=", false, nil},
		{"a property with a dollar", "-Dditto.x.password=a$b", false, []string{"-Dditto.x.password"}},
		{"a URI", "-Dditto.mongodb.uri=mongodb://u:p@db", false, []string{"-Dditto.mongodb.uri"}},
		{"an option", "run --password=p --name=n", true, []string{"--password"}},
		{"an option and its value", "run --password p --verbose", true, []string{"--password"}},
		{"an option before another", "run --password --verbose", true, nil},
		{"a variable of the shell", "DEVOPS_PASSWORD=p exec java", true, []string{"DEVOPS_PASSWORD"}},
		{"a variable that stands for another", "DEVOPS_PASSWORD=$P exec java -Da.password=\"${P}\"", true, nil},
		{"in quotes", `"-Da.password=p"`, true, []string{"-Da.password"}},
		{"a word that is a name", "change password now", true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, InWords(strings.Fields(test.words), test.shell)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// FuzzSecret looks for panics, and for values among the names that come out.
func FuzzSecret(f *testing.F) {
	f.Add("DEVOPS_PASSWORD", "$(A)x$$y")
	f.Add("a.b", "mongodb://u:p@h/")
	f.Fuzz(func(t *testing.T, name, text string) {
		const hush = "s3cr3t"
		if strings.Contains(name+text, hush) {
			return
		}
		Secret(name, Masked(text))
		for _, shown := range InWords(append(strings.Fields(text), "--password="+hush, "--token", hush, "URI=http://a:"+hush+"@b"), true) {
			if strings.Contains(shown, hush) {
				t.Errorf("the value is in %q", shown)
			}
		}
	})
}
