package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/milp/highs"
)

// fastEnough is the first version of a native HiGHS that is not slower than the
// WebAssembly build. Measured on the calibrated case: 1.10 takes 2.5 times the
// CPU time of 1.14 and of 1.15, and more time than the WebAssembly build of
// 1.15.1.
var fastEnough = version{1, 14}

// version is a major and a minor number.
type version [2]int

// older reports whether v is below w.
func older(v, w version) bool { return v[0] < w[0] || v[0] == w[0] && v[1] < w[1] }

// parseVersion reads the first two numbers of a version such as "1.10.0+ds1-1"
// or "1:1.15.1". Text without numbers has the version 0.0.
func parseVersion(text string) (v version) {
	if _, after, ok := strings.Cut(text, ":"); ok { // a Debian epoch
		text = after
	}
	for i, part := range strings.SplitN(text, ".", 3) {
		digits := strings.IndexFunc(part+" ", func(r rune) bool { return r < '0' || r > '9' })
		if i < len(v) {
			v[i], _ = strconv.Atoi(part[:digits])
		}
	}
	return v
}

// buildVersion reads the version of a build's name: that of "HiGHS 1.10.0,
// native" is 1.10.
func buildVersion(name string) version { return parseVersion(strings.TrimPrefix(name, "HiGHS ")) }

// machine is the part of a machine that the program uses. Tests replace it.
type machine struct {
	root   bool // apt installs as root only
	getenv func(string) string
	// builds returns the builds that the loader of package highs finds.
	builds func() []highs.Found
	// has reports whether a program is in the path.
	has func(program string) bool
	// lists reports whether apt has lists of packages.
	lists func() bool
	// run runs a program, see execute.
	run func(ctx context.Context, program string, args ...string) (output string, err error)
	// wasm downloads the WebAssembly build with npm.
	wasm func(context.Context) error
}

// thisMachine returns the machine on which the program runs. Its functions are
// called as needed, and find builds of an earlier way.
func thisMachine() machine {
	return machine{
		root:   os.Geteuid() == 0,
		getenv: os.Getenv,
		builds: highs.Builds,
		has: func(program string) bool {
			_, err := exec.LookPath(program)
			return err == nil
		},
		lists: func() bool {
			found, _ := filepath.Glob("/var/lib/apt/lists/*Packages*")
			return len(found) > 0
		},
		run: execute,
		wasm: func(ctx context.Context) error {
			_, err := highs.Install(ctx)
			return err
		},
	}
}

// execute runs a program without input and returns its standard output. Its
// error contains the last line of the error output.
func execute(ctx context.Context, program string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(ctx, program, args...)
	// noninteractive: apt installs without questions. C: the output of
	// apt-cache is in English.
	c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		return "", fmt.Errorf("%s: %w: %s", program, err, lines[len(lines)-1])
	}
	return stdout.String(), nil
}

// way is one way to install a build, such as "downloading the WebAssembly build
// with npm".
type way struct {
	says string // printed before do
	do   func(context.Context) error
}

// install reports the build that is there, or tries the ways of this machine in
// order until the loader finds a build.
//
// backend restricts the builds: highs.Auto accepts each kind.
func (m machine) install(ctx context.Context, out io.Writer, backend highs.Backend) error {
	builds := m.builds()
	if _, ok := used(backend, builds); ok {
		return m.report(out, backend, builds)
	}
	ways, failures := m.ways(ctx, backend)
	for _, w := range ways {
		// Each way is printed before it starts, because apt can take a minute.
		fmt.Fprintln(out, "solver:", w.says)
		err := w.do(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			// An installed library can still be rejected, such as an unpatched
			// HiGHS 1.14.0.
			builds = m.builds()
			if _, ok := used(backend, builds); ok {
				return m.report(out, backend, builds)
			}
			err = errors.New("installed, but " + missing(backend, builds))
		}
		failures = append(failures, w.says+": "+oneLine(err))
	}
	return fmt.Errorf("solver: no HiGHS, and none can be installed (%s); install npm, or libhighs1 with apt as root, "+
		"and run this again", join(failures))
}

// ways returns the ways to install a build, the best one first, and the reasons
// why others are not possible. As root it looks for libhighs1 in apt's lists.
//
// For example, a user with npm who is not root has one way, the download.
func (m machine) ways(ctx context.Context, backend highs.Backend) (ways []way, reasons []string) {
	var (
		apt     = m.root && m.has("apt-get")
		npm     = m.has("npm")
		library = backend != highs.Wasm
		wasm    = backend != highs.Native
	)
	// A download goes to the cache folder, and a solver reads the folder of the
	// variable only.
	if folder := m.getenv("HIGHS_WASM"); wasm && folder != "" {
		wasm = false
		reasons = append(reasons, "HIGHS_WASM is "+folder+", which has no valid build; unset it")
	}
	if path := m.getenv("HIGHS_LIBRARY"); library && path != "" {
		library = false
		reasons = append(reasons, "HIGHS_LIBRARY is "+path+", which does not load; unset it")
	}
	switch {
	case !m.root:
		reasons = append(reasons, "apt needs root")
	case !apt:
		reasons = append(reasons, "there is no apt-get")
	case !m.lists() && !(npm && wasm):
		// A fresh system has no lists. With npm they are not needed.
		if _, err := m.run(ctx, "apt-get", "update", "-qq"); err != nil {
			reasons = append(reasons, oneLine(err))
		}
	}
	if !npm {
		reasons = append(reasons, "there is no npm")
	}
	candidate := ""
	if apt && library {
		candidate = m.candidate(ctx, "libhighs1")
		if candidate == "" {
			reasons = append(reasons, "apt has no libhighs1")
		}
	}
	// For example, Debian 13 has 1.10.0, which is not fast; Debian 12 has no
	// package.
	fast := candidate != "" && !older(parseVersion(candidate), fastEnough)
	if fast {
		ways = append(ways, way{"installing libhighs1 " + candidate + " with apt", m.aptInstall("libhighs1")})
	}
	if wasm && npm {
		ways = append(ways, way{"downloading the WebAssembly build with npm", m.wasm})
	}
	if wasm && !npm && apt {
		ways = append(ways, way{"installing npm with apt, and with it the WebAssembly build", func(ctx context.Context) error {
			if err := m.aptInstall("npm")(ctx); err != nil {
				return err
			}
			return m.wasm(ctx)
		}})
	}
	if candidate != "" && !fast {
		// Slower than the WebAssembly build, and therefore the last way.
		ways = append(ways, way{"installing libhighs1 " + candidate + " with apt", m.aptInstall("libhighs1")})
	}
	return ways, reasons
}

// candidate returns the version of a package that apt would install, or "".
//
// An error of apt-cache means that there is none.
func (m machine) candidate(ctx context.Context, name string) string {
	text, err := m.run(ctx, "apt-cache", "policy", name)
	if err != nil {
		return ""
	}
	// The output has a line such as "  Candidate: 1.10.0+ds1-1".
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "Candidate: "); ok && v != "(none)" {
			return v
		}
	}
	return ""
}

// aptInstall returns the installation of a package. It reads apt's lists again
// after a failure, because old lists name files that no longer exist.
func (m machine) aptInstall(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		args := []string{"install", "-y", "-qq", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", name}
		_, err := m.run(ctx, "apt-get", args...)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if _, err := m.run(ctx, "apt-get", "update", "-qq"); err != nil {
			return err
		}
		_, err = m.run(ctx, "apt-get", args...)
		return err
	}
}

// oneLine returns the text of an error with its lines joined, at most 300
// characters of it.
func oneLine(err error) string {
	const limit = 300
	text := []rune(strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " "))
	if len(text) > limit {
		return string(text[:limit]) + "…"
	}
	return string(text)
}

// join joins reasons to one line, such as "apt needs root; there is no npm".
func join(reasons []string) string { return strings.Join(reasons, "; ") }
