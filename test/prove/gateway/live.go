package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/dittoguard/dittoguard/test/leash"
)

// server is a process in which one gateway after another runs.
type server struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	log     string
	address string // of the gateway, which listens on loopback alone
	alone   map[string]string
}

// serve starts the process, with no gateway in it yet.
func serve(r release, java, jars, classes string) (*server, error) {
	s := &server{log: filepath.Join(classes, "serve-"+r.ditto+".log")}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := confined(java, "-Xmx512m", "-XX:TieredStopAtLevel=1", "--add-opens=java.base/java.lang=ALL-UNNAMED",
		"--add-opens=java.base/java.util=ALL-UNNAMED", "-cp", classes+":"+filepath.Join(jars, "*"), "Serve")
	s.cmd = leash.Command(command[0], command[1:]...)
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LOG_LEVEL=WARN", "LOG_LEVEL_APPLICATION=WARN"}
	s.cmd.Stderr = log
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	ports, err := free(3)
	if err != nil {
		return nil, err
	}
	s.address = "127.0.0.1:" + ports[0]
	s.alone = alone(ports)
	return s, s.cmd.Start()
}

// alone are the properties that make a gateway a cluster of one, on loopback.
func alone(ports []string) map[string]string {
	return map[string]string{
		"ditto.gateway.http.hostname": "127.0.0.1", "ditto.gateway.http.port": ports[0],
		"pekko.remote.artery.canonical.hostname": "127.0.0.1", "pekko.remote.artery.canonical.port": ports[1],
		"pekko.remote.artery.bind.hostname": "127.0.0.1", "pekko.remote.artery.bind.port": ports[1],
		"pekko.management.http.hostname": "127.0.0.1", "pekko.management.http.port": ports[2],
		"pekko.management.http.bind-hostname": "127.0.0.1", "pekko.management.http.bind-port": ports[2],
		"pekko.cluster.seed-nodes.0":           "pekko://ditto-cluster@127.0.0.1:" + ports[1],
		"pekko.cluster.downing-provider-class": "",
		"pekko.coordinated-shutdown.exit-jvm":  "off",
		// There are no other services of Ditto to wait for.
		"ditto.gateway.command.default-timeout": "1s", "ditto.gateway.message.default-timeout": "1s",
		"pekko.http.server.request-timeout": "8s",
		"ditto.metrics.prometheus.enabled":  "false", "ditto.metrics.systemMetrics.enabled": "false",
	}
}

// free finds ports of loopback that nothing listens on.
func free(n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}

// startup is how long a gateway may take on a busy machine.
const startup = 10 * time.Minute

// start starts a gateway and waits until it answers.
func (s *server) start(g Given) error {
	env, properties := map[string]string{"PATH": "/usr/bin:/bin"}, maps.Clone(g.Properties)
	maps.Copy(env, image)
	maps.Copy(env, g.Env)
	if properties == nil {
		properties = map[string]string{}
	}
	maps.Copy(properties, s.alone)
	question := map[string]any{"env": env, "properties": properties}
	if len(g.Files) > 0 {
		question["files"] = g.Files
	}
	if err := json.NewEncoder(s.in).Encode(question); err != nil {
		return err
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		return fmt.Errorf("the process ended; see %s", s.log)
	}
	if line = strings.TrimSpace(line); line != "started" {
		return errors.New(line)
	}
	for deadline := time.Now().Add(startup); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if a, err := ask(s.address, Asked{Path: "/api/2/whoami"}); err == nil && a.Status != http.StatusServiceUnavailable {
			return nil
		}
	}
	return fmt.Errorf("it does not answer; see %s", s.log)
}

// end ends the gateway that runs.
func (s *server) end() error {
	if _, err := io.WriteString(s.in, "\n"); err != nil {
		return err
	}
	_, err := s.out.ReadString('\n')
	return err
}

// close ends the process.
func (s *server) close() error {
	if err := s.in.Close(); err != nil {
		return err
	}
	return s.cmd.Wait()
}

var realm = regexp.MustCompile(`realm="([^"]*)"`)

var subject = regexp.MustCompile(`"subjects"\s*:\s*\[([^\]]*)\]`)

// ask sends a request as it is written, on a connection of its own: a client of a library would tidy the path up.
func ask(address string, a Asked) (Answered, error) {
	answer := Answered{Asked: a}
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return answer, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return answer, err
	}
	method := a.Method
	if method == "" {
		method = http.MethodGet
	}
	lines := slices.Concat([]string{method + " " + a.Path + " HTTP/1.1", "Host: ditto.example.com", "Connection: close"}, a.Headers)
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		return answer, err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return answer, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return answer, err
	}
	if m := realm.FindStringSubmatch(response.Header.Get("WWW-Authenticate")); m != nil {
		answer.Challenge = m[1]
	}
	answer.Status, answer.Allow = response.StatusCode, response.Header.Get("Access-Control-Allow-Origin")
	if strings.HasPrefix(a.Path, "/api/2/whoami") && response.StatusCode == http.StatusOK {
		answer.Is = []string{}
		if m := subject.FindSubmatch(body); m != nil {
			for s := range strings.SplitSeq(string(m[1]), ",") {
				if s = strings.Trim(strings.TrimSpace(s), `"`); s != "" {
					answer.Is = append(answer.Is, s)
				}
			}
		}
	}
	return answer, nil
}

// live runs one gateway after another and asks each what it is to be asked.
func live(r release, java, jars, classes string) (record LiveRecord, missing []string, err error) {
	record.About = about(r, java, jars)
	tokens, err := issue()
	if err != nil {
		return record, nil, err
	}
	token, err := tokens.token()
	if err != nil {
		return record, nil, err
	}
	s, err := serve(r, java, jars, classes)
	if err != nil {
		return record, nil, err
	}
	for _, g := range gateways(tokens) {
		if err := s.start(g.Given); err != nil {
			missing = append(missing, fmt.Sprintf("Ditto %s, %s: %v", r.ditto, g.Name, err))
		} else {
			if err := askAll(s.address, g.Answers, token); err != nil {
				return record, missing, fmt.Errorf("%s: %w; see %s", g.Name, err, s.log)
			}
			for name, text := range g.Files { // the port is another one each time
				g.Files[name] = strings.ReplaceAll(text, tokens.address, "127.0.0.1:9900")
			}
			record.Gateways = append(record.Gateways, g)
		}
		if err := s.end(); err != nil {
			return record, missing, fmt.Errorf("%s: the process ended; see %s", g.Name, s.log)
		}
	}
	return record, missing, s.close()
}

// askAll asks everything, some at a time: what needs other services of Ditto is answered only when the gateway has given them up.
func askAll(address string, answers []Answered, token string) error {
	var group errgroup.Group
	group.SetLimit(16)
	for i := range answers {
		group.Go(func() error {
			asked := answers[i].Asked
			sent := asked
			sent.Headers = nil
			for _, h := range asked.Headers {
				sent.Headers = append(sent.Headers, strings.ReplaceAll(h, good, token))
			}
			answer, err := ask(address, sent)
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
				err = nil // closed without an answer: Status is 0
			}
			answer.Asked = asked
			answers[i] = answer
			if err != nil {
				return fmt.Errorf("%s: %w", asked.Path, err)
			}
			return nil
		})
	}
	return group.Wait()
}
