// Command gateway runs the real gateway of Ditto, release by release, and records what it does: what it makes of every source of
// settings, which paths it answers to whom, and who it believes to be asking. The tests beside it compare that with how dittoguard
// reads it.
//
// It wants the jars of the gateway, a Java for each, and unshare of util-linux; see docs/evidence.md. Run it from its folder, with the
// releases that are wanted, or without any for all.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dittoguard/dittoguard/test/prove/evidence"
)

var only = flag.String("only", "", "`settings` or live: the one of the two that is recorded anew")

func main() {
	flag.Parse()
	var missing []string
	proved := 0
	for _, r := range releases {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), r.ditto) {
			continue
		}
		fmt.Fprintln(os.Stderr, "the gateway of Ditto", r.ditto)
		left, err := prove(r)
		if missing = append(missing, left...); err != nil {
			missing = append(missing, err.Error())
		} else {
			proved++
		}
	}
	for _, what := range missing {
		fmt.Fprintln(os.Stderr, "not proved:", what)
	}
	if proved == 0 {
		os.Exit(1)
	}
}

// prove runs one release and writes its records. What of it could not be run is missing.
func prove(r release) (missing []string, err error) {
	jars, err := r.jars()
	if err != nil {
		return nil, err
	}
	java, err := r.runtime()
	if err != nil {
		return nil, err
	}
	classes, err := compile(jars)
	if err != nil {
		return nil, err
	}
	record := SettingsRecord{}
	if *only == "live" {
		if err := read(filepath.Join("testdata", "settings-"+r.ditto+".json"), &record); err != nil {
			return nil, err
		}
	} else {
		if record, err = resolve(r, java, jars, classes); err != nil {
			return nil, fmt.Errorf("the settings of Ditto %s: %w", r.ditto, err)
		}
		if err := write(record, "settings-"+r.ditto+".json"); err != nil {
			return nil, err
		}
	}
	if *only == "settings" {
		return nil, os.RemoveAll(classes)
	}
	answers, missing, err := live(r, java, jars, classes)
	if err != nil {
		return missing, fmt.Errorf("the running gateway of Ditto %s: %w", r.ditto, err)
	}
	answers.About.On = record.About.On
	if err := write(answers, "live-"+r.ditto+".json"); err != nil {
		return missing, err
	}
	return missing, os.RemoveAll(classes)
}

// about says what is run.
func about(r release, java, jars string) evidence.About {
	version, _ := exec.CommandContext(context.Background(), java, "-version").CombinedOutput()
	first, _, _ := strings.Cut(string(version), "\n")
	return evidence.About{Software: "Ditto " + r.ditto, On: []string{first}, Note: note(jars), Date: time.Now().UTC().Format(time.DateOnly)}
}
