package edges

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// oauth2Proxy is oauth2-proxy, which is given the arguments and files that a Deployment and a ConfigMap of the scenario have.
var oauth2Proxy = &Edge{
	Name: "oauth2-proxy", Software: "oauth2-proxy", Login: login,
	Ready: func(s *Scenario) []Probe { return []Probe{{Host: s.Host(), Target: "/ping"}} },
	Command: func(bin, dir, _ string, list ...*Scenario) (*exec.Cmd, doors, error) {
		s := list[0] // each is run by itself
		at := doors{plain: "127.0.0.1:4180"}
		names := strings.NewReplacer("http://gateway:8080", fmt.Sprintf("http://%s:%d", s.Address(0), port),
			"http://other:8080", fmt.Sprintf("http://%s:%d", s.Address(1), port), "/etc/conf/", dir+"/", "0.0.0.0:4180", at.plain)
		var args []string
		for document := range strings.SplitSeq(s.expand(s.Text), "\n---\n") {
			var deployment appsv1.Deployment
			var files corev1.ConfigMap
			if yaml.Unmarshal([]byte(document), &deployment) == nil && deployment.Kind == "Deployment" {
				for _, arg := range deployment.Spec.Template.Spec.Containers[0].Args {
					args = append(args, names.Replace(arg))
				}
			}
			if yaml.Unmarshal([]byte(document), &files) == nil && files.Kind == "ConfigMap" {
				for name, text := range files.Data {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(names.Replace(text)), 0o600); err != nil {
						return nil, at, err
					}
				}
			}
		}
		return leashed(filepath.Join(bin, "oauth2-proxy"), args...), at, nil
	},
	Version: func(ctx context.Context, bin string) (string, error) {
		return versionOf(ctx, regexp.MustCompile(`oauth2-proxy v?(\d\S*)`), filepath.Join(bin, "oauth2-proxy"), "--version")
	},
}
