// Package gittree puts what a revision of a git repository holds into a folder, with the git of the user.
//
// The files are read as they are stored. `git archive` would leave out what the attributes of the revision say, and so
// what somebody wants to hide.
package gittree

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// Prefix is what an argument begins with that names a revision: `git:REVISION` or `git:REVISION:PATH`.
const Prefix = "git:"

// mostBytes bounds what a revision may hold.
const mostBytes = 1 << 30

// Tree is a revision in a folder.
type Tree struct {
	// Root is the folder, Path what was asked for in it.
	Root, Path string
	// Missing says that the revision has no such path.
	Missing bool
	// Skipped are the submodules, and links that lead out of the repository: what they stand for is not in the
	// revision.
	Skipped []string
}

// Named says whether an argument names a revision, and which.
func Named(argument string) (revision, at string, is bool) {
	rest, is := strings.CutPrefix(argument, Prefix)
	if !is {
		return "", "", false
	}
	revision, at, _ = strings.Cut(rest, ":")
	return revision, at, true
}

// Checkout writes a revision of the repository that holds dir into the folder root, which is there and empty. As in
// git, a path begins at the top of the repository, or, with ./ or ../, at dir.
func Checkout(ctx context.Context, dir, revision, at, root string) (*Tree, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, errors.New("git is not on the PATH; name a folder instead of a revision")
	}
	r := repository{ctx: ctx, dir: dir}
	commit, err := r.run("rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		if _, outside := r.run("rev-parse", "--git-dir"); outside != nil {
			return nil, fmt.Errorf("%w; name a folder instead of a revision", outside)
		}
		return nil, fmt.Errorf("there is no revision %q; in a shallow clone, fetch it first", revision)
	}
	if strings.HasPrefix(at, "./") || strings.HasPrefix(at, "../") || at == "." || at == ".." {
		prefix, err := r.run("rev-parse", "--show-prefix")
		if err != nil {
			return nil, err
		}
		at = prefix + at
	}
	if at = path.Clean("/" + at)[1:]; at == "" {
		at = "."
	}
	top, err := r.run("rev-parse", "--show-toplevel")
	if err == nil {
		r.dir = top
	}
	entries, err := r.list(commit)
	if err != nil {
		return nil, err
	}
	tree := &Tree{Root: root, Path: filepath.Join(root, filepath.FromSlash(at))}
	if err := r.write(tree, entries); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(tree.Path); err != nil {
		tree.Missing = true
	}
	return tree, nil
}

// Remotes are the URLs that the repository which holds dir was cloned from; none if there is no repository, no git, or
// no such URL.
func Remotes(ctx context.Context, dir string) []string {
	out, err := repository{ctx: ctx, dir: dir}.run("config", "--get-regexp", `^remote\..*\.url$`)
	if err != nil {
		return nil
	}
	var urls []string
	for line := range strings.Lines(out) {
		if _, url, found := strings.Cut(strings.TrimSpace(line), " "); found {
			urls = append(urls, url)
		}
	}
	return urls
}

type repository struct {
	ctx context.Context //nolint:containedctx // lives as long as one call of Checkout
	dir string
}

func (r repository) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(r.ctx, "git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	return cmd
}

func (r repository) run(args ...string) (string, error) {
	var stderr bytes.Buffer
	cmd := r.command(args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return "", fmt.Errorf("git %s: %s", args[0], strings.TrimPrefix(said, "fatal: "))
	}
	return strings.TrimRight(string(out), "\n"), nil
}

// entry is a file of a revision.
type entry struct {
	mode, id, name string
	size           int64
}

const (
	modeLink      = "120000"
	modeSubmodule = "160000"
)

func (r repository) list(commit string) ([]entry, error) {
	out, err := r.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	var list []entry
	total := int64(0)
	for record := range strings.SplitSeq(out, "\x00") {
		head, name, found := strings.Cut(record, "\t")
		fields := strings.Fields(head)
		if !found || len(fields) != 4 {
			continue
		}
		e := entry{mode: fields[0], id: fields[2], name: name}
		e.size, _ = strconv.ParseInt(fields[3], 10, 64) // of a submodule it is a dash
		total += e.size
		list = append(list, e)
	}
	if total > mostBytes {
		return nil, fmt.Errorf("revision %.12s holds %d MiB, more than the limit of %d; check it out and name the folder", commit, total>>20, mostBytes>>20)
	}
	return list, nil
}

// write writes the entries, links last: what they lead to is there then.
func (r repository) write(tree *Tree, entries []entry) (err error) {
	root, err := os.OpenRoot(tree.Root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	var ids bytes.Buffer
	for _, e := range entries {
		if e.mode != modeSubmodule {
			ids.WriteString(e.id + "\n")
		}
	}
	cmd := r.command("cat-file", "--batch")
	cmd.Stdin = &ids
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_, _ = io.Copy(io.Discard, pipe) // so that it can end
		if waited := cmd.Wait(); err == nil && waited != nil {
			err = fmt.Errorf("git cat-file: %w", waited)
		}
	}()
	in := bufio.NewReader(pipe)
	var links []entry
	targets := map[string]string{}
	for _, e := range entries {
		if e.mode == modeSubmodule {
			tree.Skipped = append(tree.Skipped, e.name+": a submodule, which is not in the revision")
			continue
		}
		data, err := blob(in, e.id)
		if err != nil {
			return err
		}
		if e.mode == modeLink {
			links, targets[e.name] = append(links, e), string(data)
			continue
		}
		name := filepath.FromSlash(e.name)
		if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := root.WriteFile(name, data, 0o600); err != nil {
			return err
		}
	}
	return link(root, tree, links, targets)
}

// link makes the links, and takes those away that lead out of the folder.
func link(root *os.Root, tree *Tree, links []entry, targets map[string]string) error {
	for _, e := range links {
		name := filepath.FromSlash(e.name)
		if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := root.Symlink(targets[e.name], name); err != nil {
			return err
		}
	}
	for _, e := range links {
		name := filepath.FromSlash(e.name)
		// A root does not follow what leads out of it. A link to nothing is an error of who reads it, as in a folder.
		if _, err := root.Stat(name); err != nil && !errors.Is(err, os.ErrNotExist) || filepath.IsAbs(targets[e.name]) {
			tree.Skipped = append(tree.Skipped, e.name+": a symbolic link that leads out of the repository")
			if err := root.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// blob reads one object of `git cat-file --batch`.
func blob(in *bufio.Reader, id string) ([]byte, error) {
	head, err := in.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	fields := strings.Fields(head)
	if len(fields) != 3 || fields[0] != id {
		return nil, fmt.Errorf("git cat-file: %s", strings.TrimSpace(head))
	}
	size, err := strconv.Atoi(fields[2])
	if err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	data := make([]byte, size+1) // a line break follows
	if _, err := io.ReadFull(in, data); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	return data[:size], nil
}
