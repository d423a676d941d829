package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/dittoguard/dittoguard/test/prove/evidence"
)

// Given is what a gateway is given: what a container would be.
type Given struct {
	Name string
	// Env are its variables, Properties the -D options of its JVM, Files the contents of files by their absolute paths.
	Env, Properties, Files map[string]string `json:",omitempty"`
}

// Resolved is what the gateway's own loader made of something.
type Resolved struct {
	Given
	// Changed are the settings that are not what they are when nothing is given.
	Changed map[string]any `json:",omitempty"`
	// Refuses says why the gateway does not start.
	Refuses string `json:",omitempty"`
}

// SettingsRecord are all cases of one release.
type SettingsRecord struct {
	About evidence.About
	// Untouched is every setting where nothing is given that the image does not give.
	Untouched map[string]any
	Cases     []Resolved
}

// Asked is a request.
type Asked struct {
	Method string `json:",omitempty"` // GET if empty
	Path   string
	// Headers are lines as they are sent.
	Headers []string `json:",omitempty"`
}

// Answered is what came back.
type Answered struct {
	Asked
	Status int
	// Challenge is the realm of the credentials that are asked for.
	Challenge string `json:",omitempty"`
	// Is says who the gateway believes to have asked, if it said so.
	Is []string `json:",omitempty"`
	// Allow is the Access-Control-Allow-Origin of the answer.
	Allow string `json:",omitempty"`
}

// Live are the answers of one running gateway.
type Live struct {
	Given
	// Behind says what is in front of it: nothing, or `nginx`.
	Behind  string `json:",omitempty"`
	Answers []Answered
}

// LiveRecord are all running gateways of one release.
type LiveRecord struct {
	About    evidence.About
	Gateways []Live
}

// write writes a record where tests find it.
func write(record any, name string) error {
	text, err := json.MarshalIndent(record, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join("testdata", name), append(text, '\n'), 0o644) // it is no secret
}

// read reads a record.
func read(name string, record any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, record)
}
