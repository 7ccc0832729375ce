package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// event is one line of go test -json; see "go doc test2json".
type event struct {
	Action  string // such as "output", "pass", "fail", "skip"
	Package string
	Test    string // empty for lines of the package itself
	Output  string
	Elapsed float64 // seconds, of results
}

// test is the key of a test, or of a package if the name is empty.
type test struct{ pkg, name string }

// tally prints the lines of a test run that go test prints without -v, and
// counts its tests.
type tally struct {
	out            io.Writer
	pending        map[test]*strings.Builder // output of tests without a result
	passed, failed int
	skipped        map[string]int // tests by reason
	slow           []timed        // tests without a parent of at least slow seconds
}

// timed is a test with the seconds from its start to its end.
type timed struct {
	test
	seconds float64
}

const (
	slow   = 10 // seconds from which a test is listed
	listed = 12 // most tests in the list
)

// newTally returns a tally of no tests that prints to out.
func newTally(out io.Writer) *tally {
	return &tally{out: out, pending: map[test]*strings.Builder{}, skipped: map[string]int{}}
}

// packageLine matches the closing line of a package, such as "ok example.org/a
// 0.2s".
var packageLine = regexp.MustCompile(`^(ok  |FAIL|\?   |---)[\t ]`)

// line reads one line of the output of go test -json.
func (t *tally) line(text []byte) {
	var e event
	if err := json.Unmarshal(text, &e); err != nil {
		fmt.Fprintf(t.out, "%s", text) // an error of the go command is plain text
		return
	}
	key := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "output":
		// Output of a test waits for its result; the closing line of a package
		// is printed at once.
		if e.Test == "" && packageLine.MatchString(e.Output) {
			t.flushUnfinished(e)
			fmt.Fprint(t.out, e.Output)
			return
		}
		if t.pending[key] == nil {
			t.pending[key] = &strings.Builder{}
		}
		t.pending[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		t.end(e.Action, key)
		// The time of a test contains that of its subtests.
		if key.name != "" && !strings.Contains(key.name, "/") && e.Elapsed >= slow {
			t.slow = append(t.slow, timed{key, e.Elapsed})
		}
	}
}

// flushUnfinished prints the output of tests of a failing package that have no
// result, such as the one that was running at a panic.
func (t *tally) flushUnfinished(e event) {
	// A package that passes has results for all of its tests.
	if !strings.HasPrefix(e.Output, "FAIL") {
		return
	}
	var keys []test
	for key := range t.pending {
		if key.pkg == e.Package {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b test) int { return strings.Compare(a.name, b.name) })
	for _, key := range keys {
		fmt.Fprint(t.out, t.pending[key])
		delete(t.pending, key)
	}
}

// end counts the result of a test and prints its output if it failed. Packages
// are not counted.
func (t *tally) end(action string, key test) {
	output := ""
	if b := t.pending[key]; b != nil {
		output = b.String()
		delete(t.pending, key)
	}
	// The output of passing tests is left out, as go test does without -v.
	if action == "fail" {
		fmt.Fprint(t.out, output)
	}
	if key.name == "" {
		return
	}
	switch action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
	case "skip":
		t.skipped[reason(output)]++
	}
}

// logLine matches a line that a test logs, such as " wind_test.go:12: needs a
// series".
var logLine = regexp.MustCompile(`(?m)^ +\S+\.go:\d+: (.*)$`)

// reason returns the last logged line of a skipped test, which is the argument
// of Skip.
func reason(output string) string {
	found := logLine.FindAllStringSubmatch(output, -1)
	if len(found) == 0 || found[len(found)-1][1] == "" {
		return "no reason given"
	}
	return found[len(found)-1][1]
}

// close prints the longest tests, the skipped tests by reason, the most
// frequent one first, and the counts. Packages run beside each other, so that
// times depend on their neighbours.
func (t *tally) close() {
	slices.SortStableFunc(t.slow, func(a, b timed) int { return cmp.Compare(b.seconds, a.seconds) })
	for _, x := range t.slow[:min(len(t.slow), listed)] {
		fmt.Fprintf(t.out, "long: %.0f s: %s %s\n", x.seconds, x.pkg, x.name)
	}
	total := 0
	// Equal counts are ordered by text, so that equal runs print equal lines.
	reasons := slices.SortedFunc(maps.Keys(t.skipped), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.skipped[b], t.skipped[a]), strings.Compare(a, b))
	})
	for _, r := range reasons {
		total += t.skipped[r]
		fmt.Fprintf(t.out, "skipped: %d: %s\n", t.skipped[r], r)
	}
	fmt.Fprintf(t.out, "tests: %d passed, %d failed, %d skipped\n", t.passed, t.failed, total)
}
