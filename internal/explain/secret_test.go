package explain

import (
	"strings"
	"testing"
)

// mark is in every secret of the manifests below, and in nothing else.
const mark = "GEHEIM"

const secrets = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway, namespace: ditto}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec:
      containers:
      - name: gateway
        image: example.com/iot/ditto-gateway:3.9.6
        command: [java, -Dditto.x.password=GEHEIM0, Main]
        env:
        - {name: ENABLE_PRE_AUTHENTICATION, value: "true"}
        - name: ENABLE_DUMMY_AUTH
          valueFrom: {secretKeyRef: {name: gateway, key: dummy}}
        - {name: DEVOPS_PASSWORD, value: GEHEIM2}
        - name: STATUS_PASSWORD
          valueFrom: {secretKeyRef: {name: gateway, key: status}}
        - name: DEVOPS_AUTHENTICATION_METHOD
          valueFrom: {secretKeyRef: {name: gateway, key: method}}
        - {name: OAUTH_PROTOCOL, value: "https://user:GEHEIM3@"}
        - name: DEVOPS_OAUTH2_PROTOCOL
          valueFrom: {secretKeyRef: {name: gateway, key: protocol}}
        - {name: JAVA_TOOL_OPTIONS, value: "-Dditto.gateway.authentication.devops.password=GEHEIM4"}
        volumeMounts:
        - {name: extension, mountPath: /opt/ditto/gateway-extension.conf, subPath: gateway-extension.conf}
      volumes:
      - {name: extension, configMap: {name: extension}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: extension, namespace: ditto}
data:
  gateway-extension.conf: |
    ditto.gateway.authentication {
      devops.devops-oauth2-subjects = ["issuer:GEHEIM5"]
      devops.oauth.openid-connect-issuers.own { issuer = "https://user:GEHEIM6@id.example.com", client-secret = "GEHEIM7" }
    }
---
apiVersion: v1
kind: Secret
metadata: {name: gateway, namespace: ditto}
stringData: {dummy: GEHEIM1, status: GEHEIM8, method: GEHEIM9, protocol: GEHEIM10}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: things, namespace: ditto}
spec:
  selector: {matchLabels: {app: things}}
  template:
    metadata: {labels: {app: things}}
    spec:
      containers:
      - name: things
        image: example.com/iot/ditto-things:3.9.6
        env: [{name: MONGO_DB_URI, value: "mongodb://ditto:GEHEIM11@db/ditto?tlsInsecure=true"}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx, namespace: ditto}
spec:
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.30
        ports: [{containerPort: 80, hostPort: 80}]
        volumeMounts:
        - {name: conf, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf}
        - {name: users, mountPath: /etc/nginx/users, subPath: users}
      volumes:
      - {name: conf, configMap: {name: nginx}}
      - {name: users, secret: {secretName: users}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: nginx, namespace: ditto}
data:
  nginx.conf: |
    events {}
    http {
      server {
        listen 80;
        location / {
          auth_basic on;
          auth_basic_user_file users;
          proxy_set_header Authorization "Basic GEHEIM12";
          proxy_set_header x-ditto-pre-authenticated "nginx:$remote_user";
          proxy_pass http://gateway:8080;
        }
        location /other { proxy_pass "http://user:GEHEIM13@gateway:8080"; }
      }
    }
---
apiVersion: v1
kind: Secret
metadata: {name: users, namespace: ditto}
stringData: {users: "ditto:{PLAIN}GEHEIM14\noperator:$apr1$GEHEIM15$OWJlY2F1c2U5b2Zncm93dA\n"}
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec: {selector: {app: gateway}, ports: [{port: 8080}]}
`

// TestNoSecretIsShown: secrets lie wherever people put them, right or wrong, and no output has any of them.
func TestNoSecretIsShown(t *testing.T) {
	e, _ := newExplainer(t).explain(t, []string{"-"}, secrets)
	// The test means something only if what holds the secrets was looked at.
	seen := write(t, "json", e)
	for _, name := range []string{
		"env DEVOPS_PASSWORD", "-Dditto.x.password", "JAVA_TOOL_OPTIONS", "client-secret in ConfigMap ditto/extension", "env MONGO_DB_URI",
		`"name": "operator"`, `"scheme": "plain"`, "tlsInsecure", "location / ", "devopsOIDC.issuers.own", `"own"`, "STATUS_PASSWORD",
	} {
		if !strings.Contains(seen, name) {
			t.Errorf("%s was not looked at", name)
		}
	}
	for output := range outputs {
		text := write(t, output, e)
		for at := strings.Index(text, mark); at >= 0; at = -1 {
			t.Errorf("%s shows a secret: …%s…", output, text[max(0, at-60):min(len(text), at+20)])
		}
	}
}

func TestPasswordsInURIsAreTakenOut(t *testing.T) {
	e := Explanation{Installations: []Installation{{
		Namespace:  "a",
		Components: []Component{{TrustModel: &TrustModel{Why: "see http://u:p@h/x and mongodb://:q@h"}}},
		WaysIn:     []Way{{Assumptions: []string{"http://h:80/a@b", "//u:p@h", "https://u@h", "x://:@"}}},
	}}}
	withoutCredentials(&e)
	got := append([]string{e.Installations[0].Components[0].TrustModel.Why}, e.Installations[0].WaysIn[0].Assumptions...)
	want := []string{
		"see http://(credentials)@h/x and mongodb://(credentials)@h", "http://h:80/a@b", "//u:p@h", "https://u@h", "x://(credentials)@",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
