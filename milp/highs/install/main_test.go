package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp/highs"
)

// pretend is a machine without HiGHS, with programs, variables and a version of
// libhighs1 in apt. installs are the packages whose installation adds a build.
// log lists the commands.
type pretend struct {
	root      bool
	programs  string
	env       map[string]string
	lists     bool
	candidate string
	fails     string // commands that contain it fail
	log       []string
	native    string // version of the library that the loader finds
	wasm      bool
}

func (p *pretend) machine() machine {
	return machine{
		root:   p.root,
		getenv: func(name string) string { return p.env[name] },
		has:    func(program string) bool { return strings.Contains(p.programs, program) },
		lists:  func() bool { return p.lists },
		builds: func() []highs.Found {
			native := highs.Found{Backend: highs.Native, Err: errors.New("libhighs.so.1: cannot open\nlibhighs.so: cannot open")}
			if p.native != "" {
				native = highs.Found{Backend: highs.Native, Name: "HiGHS " + p.native + ", native", From: "libhighs.so.1"}
			}
			wasm := highs.Found{Backend: highs.Wasm, Err: errors.New("no highs.wasm")}
			if p.wasm {
				wasm = highs.Found{Backend: highs.Wasm, Name: "HiGHS 1.15.1, WebAssembly", From: "/cache"}
			}
			return []highs.Found{native, wasm}
		},
		run: func(_ context.Context, program string, args ...string) (string, error) {
			line := program + " " + strings.Join(args, " ")
			if p.fails != "" && strings.Contains(line, p.fails) {
				p.log = append(p.log, line)
				return "", errors.New(program + ": exit status 100: no network")
			}
			switch {
			case program == "apt-cache":
				if p.candidate == "" || !p.lists {
					return "libhighs1:\n  Candidate: (none)\n", nil
				}
				return "libhighs1:\n  Installed: (none)\n  Candidate: " + p.candidate + "\n", nil
			case strings.Contains(line, " update"):
				p.lists = true
			case strings.HasSuffix(line, " libhighs1"):
				p.native, _, _ = strings.Cut(p.candidate, "+")
			case strings.HasSuffix(line, " npm"):
				p.programs += " npm"
			}
			p.log = append(p.log, line)
			return "", nil
		},
		wasm: func(context.Context) error {
			p.log = append(p.log, "npm pack")
			if p.fails == "npm pack" {
				return errors.New("npm pack: exit status 1\nno network")
			}
			p.wasm = true
			return nil
		},
	}
}

const aptInstall = "apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "

func TestTheWayFitsTheMachine(t *testing.T) {
	for _, c := range []struct {
		name    string
		p       pretend
		backend highs.Backend
		log     []string
		prints  string
	}{
		{"native is here", pretend{native: "1.15.0"}, highs.Auto, nil, "HiGHS 1.15.0, native, from libhighs.so.1"},
		{"a slow native is here", pretend{native: "1.10.0"}, highs.Auto, nil, "HIGHS_LIBRARY=none"},
		{"WebAssembly is here", pretend{wasm: true}, highs.Auto, nil, "no native library: libhighs.so.1: cannot open; libhighs.so: cannot open"},
		{"user with npm", pretend{programs: "apt-get npm"}, highs.Auto, []string{"npm pack"}, "WebAssembly, from /cache"},
		{"root with npm, no lists", pretend{root: true, programs: "apt-get npm", candidate: "1.10.0+ds1-1"}, highs.Auto, []string{"npm pack"}, "WebAssembly"},
		{
			"root with npm, fast library",
			pretend{root: true, programs: "apt-get npm", lists: true, candidate: "1.15.0+ds1-1"},
			highs.Auto,
			[]string{aptInstall + "libhighs1"},
			"installing libhighs1 1.15.0+ds1-1 with apt",
		},
		{
			"Debian 12, root, no npm",
			pretend{root: true, programs: "apt-get"},
			highs.Auto,
			[]string{"apt-get update -qq", aptInstall + "npm", "npm pack"},
			"WebAssembly",
		},
		{
			"Debian 13, root, no npm",
			pretend{root: true, programs: "apt-get", candidate: "1.10.0+ds1-1"},
			highs.Auto,
			[]string{"apt-get update -qq", aptInstall + "npm", "npm pack"},
			"WebAssembly",
		},
		{
			"Debian 13, root, npm's registry fails",
			pretend{root: true, programs: "apt-get npm", lists: true, candidate: "1.10.0+ds1-1", fails: "npm pack"},
			highs.Auto,
			[]string{"npm pack", aptInstall + "libhighs1"},
			"HiGHS 1.10.0, native",
		},
		{
			"native is wanted",
			pretend{root: true, programs: "apt-get npm", candidate: "1.10.0+ds1-1", wasm: true},
			highs.Native,
			[]string{"apt-get update -qq", aptInstall + "libhighs1"},
			"HiGHS 1.10.0, native",
		},
		{
			"HIGHS_LIBRARY is wrong",
			pretend{root: true, programs: "apt-get npm", lists: true, candidate: "1.15.0", env: map[string]string{"HIGHS_LIBRARY": "/x"}},
			highs.Auto,
			[]string{"npm pack"},
			"WebAssembly",
		},
	} {
		var out bytes.Buffer
		require.NoError(t, c.p.machine().install(t.Context(), &out, c.backend), c.name)
		assert.Equal(t, c.log, c.p.log, c.name)
		assert.Contains(t, out.String(), c.prints, c.name)
	}
}

func TestNoWayIsOneLineWithTheReasons(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     pretend
		wants []string
	}{
		{"neither npm nor root", pretend{programs: "apt-get"}, []string{"apt needs root", "there is no npm"}},
		{"download fails", pretend{programs: "npm", fails: "npm pack"}, []string{"npm pack: exit status 1; no network"}},
		{"apt fails", pretend{root: true, programs: "apt-get", fails: "apt-get"}, []string{"exit status 100: no network", "apt has no libhighs1"}},
		{"no apt", pretend{root: true}, []string{"there is no apt-get", "there is no npm"}},
		{"HIGHS_WASM is wrong", pretend{programs: "npm", env: map[string]string{"HIGHS_WASM": "/x"}}, []string{"HIGHS_WASM is /x", "unset it"}},
	} {
		var out bytes.Buffer
		err := c.p.machine().install(t.Context(), &out, highs.Auto)
		require.Error(t, err, c.name)
		assert.NotContains(t, err.Error(), "\n", c.name)
		for _, want := range append(c.wants, "solver: no HiGHS, and none can be installed", "run this again") {
			assert.ErrorContains(t, err, want, c.name)
		}
	}
}

// Old lists name files that no longer exist; the second attempt has new ones.
func TestAptReadsItsListsAgain(t *testing.T) {
	p := pretend{root: true, programs: "apt-get", lists: true, fails: "install"}
	assert.Error(t, p.machine().aptInstall("npm")(t.Context()))
	assert.Equal(t, []string{aptInstall + "npm", "apt-get update -qq", aptInstall + "npm"}, p.log)
}

func TestCheckInstallsNothing(t *testing.T) {
	p := pretend{programs: "npm"}
	m := p.machine()
	assert.ErrorContains(t, m.report(&bytes.Buffer{}, highs.Auto, m.builds()), "no native library")
	assert.Empty(t, p.log)
	assert.ErrorContains(t, run(t.Context(), []string{"-backend", "glpk"}, &bytes.Buffer{}, &bytes.Buffer{}), "want auto, native or wasm")
}

func TestVersionsAreNumbers(t *testing.T) {
	for text, want := range map[string]version{
		"1.10.0+ds1-1": {1, 10}, "1:1.15.1-2": {1, 15}, "1.9": {1, 9}, "2": {2, 0}, "": {}, "HiGHS": {},
	} {
		assert.Equal(t, want, parseVersion(text), text)
	}
	assert.Equal(t, version{1, 10}, buildVersion("HiGHS 1.10.0, native"))
	assert.True(t, older(version{1, 9}, version{1, 14}))
	assert.False(t, older(version{2, 0}, version{1, 14}))
}
