package manifest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// manyDeployments is 1,000 Deployments with 60 environment variables each, in one file of documents.
func manyDeployments() []byte {
	var b bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&b, `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%d
  namespace: team-%d
  labels:
    app: app-%d
spec:
  replicas: 2
  selector:
    matchLabels:
      app: app-%d
  template:
    metadata:
      labels:
        app: app-%d
    spec:
      containers:
      - name: main
        image: registry.example.com/team/app:1.%d
        ports:
        - containerPort: 8080
          name: http
        env:
`, i, i%20, i, i, i, i)
		for j := range 60 {
			fmt.Fprintf(&b, "        - name: SETTING_NUMBER_%d\n          value: \"value of setting %d\"\n", j, j)
		}
	}
	return b.Bytes()
}

func BenchmarkLoad(b *testing.B) {
	path := filepath.Join(b.TempDir(), "many.yaml")
	data := manyDeployments()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		result, err := Load([]string{path}, nil, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if len(result.Objects) != 1000 {
			b.Fatalf("%d objects, want 1000", len(result.Objects))
		}
	}
}

func BenchmarkLineOf(b *testing.B) {
	result, err := Load([]string{"-"}, bytes.NewReader(manyDeployments()), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		source := result.Objects[500].Source
		if line := source.LineOf("spec.template.spec.containers[0].env[59]"); line == source.Line {
			b.Fatal("no line of its own")
		}
	}
}
