package proxy

import (
	"path"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/command"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
)

// entryFolder is where the entry point of nginx's image has scripts that it runs before nginx.
const entryFolder = "/docker-entrypoint.d"

// startOf lists the commands by which a container starts, and those that run behind its start: with what stands in
// scripts that ConfigMaps and Secrets bring.
func startOf(part recognize.Part, files []podspec.File) []command.Command {
	c := part.Container
	list, _ := command.Of(slices.Concat(c.Command, c.Args))
	if len(c.Command) == 0 && len(c.Args) > 0 && len(list) == 1 && len(list[0].Words) == len(c.Args) {
		// Arguments of the image's entry point, which most hand to their program.
		if _, doubted := mayWrite(list[0]); doubted && !path.IsAbs(c.Args[0]) {
			list[0].Words = append([]string{""}, c.Args...)
		}
	}
	if c.Lifecycle != nil && c.Lifecycle.PostStart != nil && c.Lifecycle.PostStart.Exec != nil {
		behind, _ := command.Of(c.Lifecycle.PostStart.Exec.Command)
		list = append(list, behind...)
	}
	var all []command.Command
	for _, one := range list {
		if script, is := scriptIn(files, one); is {
			inner, _ := command.Script(script)
			all = append(all, inner...)
			continue
		}
		all = append(all, one)
	}
	for _, f := range files {
		if extension := path.Ext(f.Path); podspec.Within(f.Path, entryFolder) &&
			(extension == ".sh" || extension == ".envsh") {
			inner, _ := command.Script(f.Text)
			all = append(all, inner...)
		}
	}
	return all
}

// scriptIn is the text of a script that a command runs, if it is among the files.
func scriptIn(files []podspec.File, c command.Command) (text string, is bool) {
	for i, word := range c.Words {
		if i > 0 && (!command.IsShell(c.Program()) || strings.HasPrefix(word, "-")) {
			continue
		}
		for _, f := range files {
			if f.Path == word {
				return f.Text, true
			}
		}
	}
	return "", false
}

// harmless are the programs that write no files but those that their output is sent to.
var harmless = []string{
	":", "[", "test", "true", "false", "echo", "printf", "cat", "grep", "head", "tail", "sort", "tr", "cut", "awk", "ls",
	"cd", "pwd", "id", "date", "sleep", "wait", "kill", "trap", "set", "shift", "exit", "return", "export", "read", "umask",
	"ulimit", "mkdir", "chown", "chmod", "touch", "rm", "find", "nc", "getent", "nslookup", "ping", "hostname", "whoami",
	"uname", "which", "update-ca-certificates", "nproc", "seq", "break", "continue", "local", "basename", "dirname",
	"docker-entrypoint.sh", "inotifywait",
}

// contentFolders are where files lie that no proxy reads its configuration from.
var contentFolders = []string{"/dev", "/proc", "/usr/share/nginx/html", "/usr/local/apache2/htdocs", "/usr/share/caddy",
	"/var/www", "/var/cache", "/var/log", "/var/run", "/run", "/etc/ssl"}

// mayWrite says whether a command may write configuration. Of a program that is not known, doubted says so.
func mayWrite(c command.Command) (writes, doubted bool) {
	if slices.ContainsFunc(c.Into, isNoContent) {
		return true, false
	}
	program := c.Program()
	if program == "" {
		return false, false
	}
	operands := slices.DeleteFunc(slices.Clone(c.Words[1:]),
		func(word string) bool { return strings.HasPrefix(word, "-") })
	switch {
	case slices.Contains(harmless, program), recognize.IsNginx(program):
		return false, false
	case program == "cp", program == "mv", program == "ln", program == "install", program == "rsync":
		return len(operands) > 0 && isNoContent(operands[len(operands)-1]), false
	case program == "tee", program == "dd":
		return slices.ContainsFunc(operands, isNoContent), false
	case program == "sed", program == "perl":
		return slices.ContainsFunc(c.Words, func(word string) bool { return strings.HasPrefix(word, "-i") }) &&
			slices.ContainsFunc(operands,
				func(word string) bool { return path.IsAbs(word) && isNoContent(word) }), false
	case program == "envsubst":
		return false, false
	case program == "curl", program == "wget":
		return fetches(program, c.Words[1:]), false
	}
	return false, true
}

// fetches says whether curl or wget writes what it gets to where configuration may lie.
func fetches(program string, args []string) bool {
	writes := program == "wget"
	for i, arg := range args {
		switch value := ""; {
		case arg == "--spider":
			return false
		case strings.HasPrefix(arg, "--output"):
			writes = true
		case strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.ContainsAny(arg, "oO"):
			if value = arg[strings.IndexAny(arg, "oO")+1:]; value == "" && i+1 < len(args) {
				value = args[i+1]
			}
			if value == "-" || value != "" && !isNoContent(value) {
				return false
			}
			writes = true
		}
	}
	return writes
}

func isNoContent(file string) bool {
	return !slices.ContainsFunc(contentFolders,
		func(folder string) bool { return podspec.Within(path.Clean(file), folder) })
}

// writers names the commands that may write the configuration of a proxy, the programs that are not known among them
// only where nothing else says what it does. own are the programs that are the proxy.
func writers(start []command.Command, unknown bool, own ...string) []string {
	var list []string
	for _, c := range start {
		writes, doubted := mayWrite(c)
		if slices.Contains(own, c.Program()) || !writes && (!doubted || !unknown) {
			continue
		}
		name := c.Program()
		if name == "" {
			name = "a script"
		}
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
