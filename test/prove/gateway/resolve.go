package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/test/leash"
)

// resolver is a process that resolves configurations as the gateway does.
type resolver struct {
	in  *json.Encoder
	out *bufio.Reader
}

// resolved is what it answers.
type resolved struct {
	Values  map[string]any
	Refuses string
}

// resolve has the gateway's own loader resolve every case.
func resolve(r release, java, jars, classes string) (SettingsRecord, error) {
	record := SettingsRecord{}
	log, err := os.Create(filepath.Join(classes, "resolve-"+r.ditto+".log"))
	if err != nil {
		return record, err
	}
	defer log.Close()
	command := confined(java, "-Xmx512m", "-XX:TieredStopAtLevel=1", "--add-opens=java.base/java.lang=ALL-UNNAMED",
		"--add-opens=java.base/java.util=ALL-UNNAMED", "-cp", classes+":"+filepath.Join(jars, "*"), "Resolve")
	cmd := leash.Command(command[0], command[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	if err != nil {
		return record, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return record, err
	}
	if err := cmd.Start(); err != nil {
		return record, err
	}
	process := resolver{json.NewEncoder(in), bufio.NewReader(out)}
	untouched, err := process.ask(Given{}, "pekko.version", "pekko.http.version")
	if err != nil {
		return record, fmt.Errorf("%w; see %s", err, log.Name())
	}
	record.About = about(r, java, jars)
	record.About.On = append(record.About.On, fmt.Sprintf("Pekko %v", untouched.Values["pekko.version"]),
		fmt.Sprintf("Pekko HTTP %v", untouched.Values["pekko.http.version"]))
	delete(untouched.Values, "pekko.version")
	delete(untouched.Values, "pekko.http.version")
	record.Untouched = untouched.Values
	if untouched.Refuses != "" {
		return record, fmt.Errorf("the gateway does not start with nothing given: %s", untouched.Refuses)
	}
	for _, g := range cases() {
		answer, err := process.ask(g)
		if err != nil {
			return record, fmt.Errorf("%s: %w; see %s", g.Name, err, log.Name())
		}
		maps.DeleteFunc(answer.Values, func(name string, value any) bool { return reflect.DeepEqual(value, untouched.Values[name]) })
		refuses := strings.ReplaceAll(answer.Refuses, "jar:file:"+jars+"/", "") // where it lies here is nobody's business
		record.Cases = append(record.Cases, Resolved{Given: g, Changed: answer.Values, Refuses: refuses})
	}
	if err := in.Close(); err != nil {
		return record, err
	}
	return record, cmd.Wait()
}

// ask puts one case.
func (r resolver) ask(g Given, besides ...string) (resolved, error) {
	env := map[string]string{"PATH": "/usr/bin:/bin"}
	maps.Copy(env, image)
	maps.Copy(env, g.Env)
	maps.DeleteFunc(env, func(_, value string) bool { return value == unset })
	question := map[string]any{"env": env}
	if len(g.Properties) > 0 {
		question["properties"] = g.Properties
	}
	if len(g.Files) > 0 {
		question["files"] = g.Files
	}
	getters, paths := slices.Sorted(maps.Keys(issuers)), besides
	for _, s := range known {
		if s.getters != "" {
			getters = append(getters, s.getters)
		} else {
			paths = append(paths, s.path)
		}
	}
	question["getters"], question["paths"] = getters, paths
	var answer resolved
	if err := r.in.Encode(question); err != nil {
		return answer, err
	}
	line, err := r.out.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return answer, fmt.Errorf("the process ended")
	}
	if err == nil {
		err = json.Unmarshal(line, &answer)
	}
	return answer, err
}
