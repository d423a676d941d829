package export

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Write writes a file for each policy into a folder, which it makes if need be: dittoguard-RULE.yaml. A file that is
// there and was not written by an export is an error, and then nothing is written at all; nor is anything else in the
// folder touched. Each file is replaced as a whole, or stays as it is.
//
// stale are files of earlier exports in the folder that are not part of this one. They are left to the caller: what Git
// and the cluster still hold is not to vanish unsaid.
func Write(dir string, list []Policy) (stale []string, err error) {
	texts := make(map[string][]byte, len(list))
	var names []string
	var errs []error
	for _, p := range list {
		text, err := p.YAML()
		if err != nil {
			return nil, err
		}
		name := p.Name() + ".yaml"
		texts[name], names = text, append(names, name)
		if err := writable(filepath.Join(dir, name)); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder: %w", err)
	}
	if stale, err = leftovers(dir, names); err != nil {
		return nil, err
	}
	return stale, replace(dir, names, texts)
}

// writable refuses what an export did not write.
func writable(file string) error {
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file; nothing was written", file)
	}
	ours, err := written(file)
	if err == nil && !ours {
		err = fmt.Errorf("%s was not written by an export and stays as it is; nothing was written", file)
	}
	return err
}

// written says whether a file begins as an export begins it.
func written(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	start, err := bufio.NewReaderSize(f, len(header)).Peek(len(header))
	if errors.Is(err, io.EOF) { // it is shorter
		err = nil
	}
	return string(start) == header, err
}

// leftovers are files of other exports.
func leftovers(dir string, names []string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, entry := range entries {
		name := entry.Name()
		if slices.Contains(names, name) || !entry.Type().IsRegular() || !strings.HasPrefix(name, objectName("")) ||
			filepath.Ext(name) != ".yaml" {
			continue
		}
		if ours, err := written(filepath.Join(dir, name)); err == nil && ours {
			stale = append(stale, filepath.Join(dir, name))
		}
	}
	return stale, nil
}

// replace writes everything beside where it belongs first, so that a full disk leaves what was there.
func replace(dir string, names []string, texts map[string][]byte) (err error) {
	var made []string
	defer func() {
		for _, file := range made {
			if removed := os.Remove(file); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
				err = errors.Join(err, removed)
			}
		}
	}()
	for _, name := range names {
		file, err := os.CreateTemp(dir, ".dittoguard-*")
		if err != nil {
			return err
		}
		made = append(made, file.Name())
		_, err = file.Write(texts[name])
		if err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close()); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	for i, name := range names {
		if err := os.Rename(made[i], filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
