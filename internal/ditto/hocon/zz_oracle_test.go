package hocon

import (
	"encoding/base64"
	"math/rand"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestZZOracle(t *testing.T) {
	rng := rand.New(rand.NewSource(time0()))
	var docs []string
	pick := func(x ...string) string { return x[rng.Intn(len(x))] }
	var value func(d int) string
	var fields func(d int) string
	sp := func() string { return pick("", "", " ", "\n", " # c\n", "  ", "\t", "// d\n") }
	isp := func() string { return pick("", " ", " ", "  ", "\t") }
	atom := func(d int) string {
		switch rng.Intn(12) {
		case 0:
			return pick("${?ON}", "${?NOT}", "${ON}", "${?EMPTY}")
		case 1:
			return pick("${a.b.c}", "${?a.b.c}", "${?a.b}", "${?x}", "${?x.y}", "${?b}", "${?x.b.c}", "${?a.b.d}", "${?a}")
		case 2:
			if d > 0 {
				return "{" + sp() + fields(d-1) + sp() + "}"
			}
		case 3:
			if d > 0 {
				return "[" + sp() + value(d-1) + pick("", ",", "\n", ", "+value(d-1), "\n"+value(d-1)) + sp() + "]"
			}
		case 4:
			return pick("\"x\"", "\"\"", "\"a b\"", "\"\"\"q\"\"\"", "\"\\u0041\\n\"")
		case 5:
			return pick("null", "true", "false", "1", "10s", "1.50", "1e+3", "-1", "é", "x/y", "x:y", "'q'")
		}
		return pick("on", "off", "foo", "true", "bar baz")
	}
	value = func(d int) string {
		s := atom(d)
		for rng.Intn(3) == 0 {
			s += isp() + atom(d)
		}
		return s
	}
	key := func() string {
		return pick("a", "a.b", "a.b.c", "a.b.c", "b", "b.c", "c", "c", "x", "x.y", "a.b.d", "\"a\".b", "a . b", "a.\"b\".c", "\"a.b\"", "x.b.c")
	}
	fields = func(d int) string {
		s := ""
		for n := 1 + rng.Intn(3); n > 0; n-- {
			k := key()
			switch rng.Intn(6) {
			case 0:
				if d > 0 {
					s += k + isp() + "{" + sp() + fields(d-1) + sp() + "}"
					break
				}
				fallthrough
			case 1:
				s += k + isp() + "+=" + sp() + value(d)
			default:
				s += k + sp() + pick("=", ":") + sp() + value(d)
			}
			s += isp() + pick("\n", "\n", ",", ",\n", "\n\n,", "#c\n")
		}
		return s
	}
	for i := 0; i < 400000; i++ {
		docs = append(docs, pick("", "", "{")+fields(2)+fields(2))
	}
	for i := range docs {
		if docs[i][0] == '{' {
			docs[i] += "}"
		}
	}
	var in strings.Builder
	for _, d := range docs {
		in.WriteString(base64.StdEncoding.EncodeToString([]byte(d)) + "\n")
	}
	os.WriteFile("/tmp/oracle/in", []byte(in.String()), 0o600)
	cmd := exec.Command("java", "-Xss4m", "-cp", "/tmp/oracle:/tmp/oracle/x/usr/share/java/typesafe-config-1.3.1.jar", "H", "/tmp/oracle/in", "/tmp/oracle/out")
	cmd.Env = []string{"ON=true", "EMPTY=", "PATH=" + os.Getenv("PATH")}
	if o, err := cmd.CombinedOutput(); err != nil {
		t.Fatal(err, string(o))
	}
	out, _ := os.ReadFile("/tmp/oracle/out")
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	wrong, unk, ok, errs, both := 0, 0, 0, 0, 0
	for i, d := range docs {
		w, _ := base64.StdEncoding.DecodeString(lines[i])
		want := string(w)
		got := mine(d)
		switch {
		case got == want || got == "BLOCKED" && want == "ABSENT":
			if want == "ERR" {
				both++
			} else {
				ok++
			}
		case want == "ERR": // we say a value where typesafe fails
			errs++
			if errs < 25 && strings.HasPrefix(got, "S:") {
				t.Logf("LENIENT %q: got %q", d, got)
			}
		case got == "ERR" || got == "UNKNOWN":
			unk++
			if unk < 25 {
				t.Logf("STRICT %q: got %q want %q", d, got, want)
			}
		default:
			wrong++
			if wrong < 30 {
				t.Logf("WRONG %q: got %q want %q", d, got, want)
			}
		}
	}
	t.Logf("ok %d botherr %d lenient %d strict %d wrong %d", ok, both, errs, unk, wrong)
}

func mine(doc string) string {
	d, err := Parse(doc)
	if err != nil {
		return "ERR"
	}
	o := Outside{Budget: new(Budget)}
	depth := 0
	o.Resolve = func(p string) Answer {
		if depth++; depth > 30 {
			return unknown("deep")
		}
		defer func() { depth-- }()
		if a := d.Lookup(p, o); a.Kind != Absent && a.Kind != Blocked {
			return a
		}
		switch p {
		case "ON":
			return Answer{Kind: Scalar, Text: "true"}
		case "EMPTY":
			return Answer{Kind: Scalar}
		}
		return Answer{}
	}
	a := d.Lookup("a.b.c", o)
	switch a.Kind {
	case Absent:
		return "ABSENT"
	case Unknown:
		return "UNKNOWN"
	case Scalar:
		return "S:" + a.Text
	case Null:
		return "NULL"
	case Object:
		return "OBJECT"
	case Blocked:
		return "BLOCKED"
	}
	s := "LIST"
	for _, i := range a.Items {
		switch i.Kind {
		case Scalar:
			s += "|" + i.Text
		case Object:
			s += "|OBJECT"
		case List:
			s += "|LIST"
		case Null:
			s += "|NULL"
		}
	}
	return s
}
func time0() int64 { return 42 }
