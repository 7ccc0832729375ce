package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/trigrid/trigrid/milp/highs"
)

// scripts are the drivers of peers.
//
//go:embed peers
var scripts embed.FS

// workshop has the folder for inputs and packages, and the installations that
// were tried.
//
// Everything that a run installs with pip or npm is in the folder and goes with
// it. Packages of apt stay on the machine.
type workshop struct {
	folder string
	limit  time.Duration // of one run
	log    io.Writer
	tried  map[string]bool // installations, each of which is tried once
}

// newWorkshop makes the folder with the scripts of the drivers. The caller
// removes it.
func newWorkshop(limit time.Duration, log io.Writer) (*workshop, error) {
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(folder, scripts); err != nil {
		return nil, err
	}
	return &workshop{folder: folder, limit: limit, log: log, tried: map[string]bool{}}, nil
}

// limited is a driver with the limit of the workshop.
type limited struct {
	*driver
	limit time.Duration
}

func (l limited) run(ctx context.Context) (sample, error) { return l.driver.run(ctx, l.limit) }

// driver starts a driver.
func (w *workshop) driver(ctx context.Context, name string, args ...string) (runner, error) {
	d, err := startDriver(ctx, w.limit, name, args...)
	if err != nil {
		return nil, err
	}
	return limited{d, w.limit}, nil
}

// library starts the driver of one of the jobs of the library.
//
// The driver is this program with the argument "drive", so that both sides of a
// row pay for a process and for its pipes.
func (w *workshop) library(ctx context.Context, name, folder string) (runner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return w.driver(ctx, self, "drive", name, folder)
}

// once runs an installation if it was not tried before. Its output is of no use
// if it fails: the search afterwards finds no program then.
func (w *workshop) once(ctx context.Context, name string, args ...string) {
	all := strings.Join(append([]string{name}, args...), " ")
	// Several rows need the same package.
	if w.tried[all] {
		return
	}
	w.tried[all] = true
	if _, err := exec.LookPath(name); err != nil {
		return
	}
	fmt.Fprintln(w.log, "bench:", all)
	// A registry that does not answer ends after ten minutes, and its peers are
	// absent.
	within, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	c := exec.CommandContext(within, name, args...)
	c.WaitDelay = time.Second
	if err := c.Run(); err != nil {
		fmt.Fprintf(w.log, "bench: %s: %v\n", name, err)
	}
}

// apt installs packages, as root.
func (w *workshop) apt(ctx context.Context, packages ...string) {
	if len(packages) == 0 || os.Getuid() != 0 {
		return
	}
	// A fresh image has no package lists.
	if lists, _ := filepath.Glob("/var/lib/apt/lists/*Packages*"); lists == nil {
		w.once(ctx, "apt-get", "update", "-qq")
	}
	w.once(ctx, "apt-get", append([]string{"install", "-y", "-qq"}, packages...)...)
}

// program finds a program of the machine, or installs its package with apt.
func (w *workshop) program(ctx context.Context, name, pkg string) error {
	if _, err := exec.LookPath(name); err == nil {
		return nil
	}
	w.apt(ctx, pkg)
	if _, err := exec.LookPath(name); err != nil {
		return fmt.Errorf("no %s here, and apt could not install %s", name, pkg)
	}
	return nil
}

// Packages of Python modules, by pip and by apt. A module without a package of
// apt is absent.
var (
	pipOf = map[string]string{"sklearn": "scikit-learn"}
	aptOf = map[string]string{"sklearn": "python3-sklearn", "scipy": "python3-scipy"}
)

// interpreter returns a Python that has the modules: that of a virtual
// environment in the folder, that of the system, or that of the path. If none
// has them, they are installed with pip in the environment, then with apt.
//
// For example, for scikit-learn on a machine without pip it finds the package
// python3-sklearn of apt, which the Python of the system then imports.
func (w *workshop) interpreter(ctx context.Context, modules []string) (string, error) {
	environment := filepath.Join(w.folder, "venv")
	has := func() string {
		for _, name := range []string{filepath.Join(environment, "bin", "python"), "/usr/bin/python3", "python3"} {
			if exec.CommandContext(ctx, name, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
				return name
			}
		}
		return ""
	}
	if name := has(); name != "" {
		return name, nil
	}
	// Most modules have the name of their package.
	var pip, apt []string
	for _, m := range modules {
		if name := pipOf[m]; name != "" {
			pip = append(pip, name)
		} else {
			pip = append(pip, m)
		}
		if name := aptOf[m]; name != "" {
			apt = append(apt, name)
		}
	}
	// An environment of its own leaves the Python of the machine as it is.
	w.once(ctx, "python3", "-m", "venv", environment)
	w.once(ctx, filepath.Join(environment, "bin", "python"), append([]string{"-m", "pip", "install", "--quiet", "--retries", "0"}, pip...)...)
	if name := has(); name != "" {
		return name, nil
	}
	w.apt(ctx, apt...)
	if name := has(); name != "" {
		return name, nil
	}
	return "", fmt.Errorf("no Python here has %s, and neither pip nor apt could install it", strings.Join(modules, ", "))
}

// python returns the peer of a script. Its arguments follow the folder of the
// inputs.
func python(title, script string, modules []string, args ...string) peer {
	return peer{title, func(ctx context.Context, w *workshop, folder string) (runner, error) {
		name, err := w.interpreter(ctx, modules)
		if err != nil {
			return nil, err
		}
		return w.driver(ctx, name, append([]string{filepath.Join(w.folder, "peers", script), folder}, args...)...)
	}}
}

// oneThread returns the peer with one thread: OpenMP loses much time on a
// machine with other work.
func oneThread(p peer) peer {
	start := p.start
	p.start = func(ctx context.Context, w *workshop, folder string) (runner, error) {
		// The driver inherits the variable when it starts, and later peers must
		// not.
		os.Setenv("OMP_NUM_THREADS", "1")
		defer os.Unsetenv("OMP_NUM_THREADS")
		got, err := start(ctx, w, folder)
		if err != nil {
			return nil, err
		}
		return renamed{got, got.name() + ", 1 thread"}, nil
	}
	return p
}

// renamed is a runner under another name.
type renamed struct {
	runner
	called string
}

func (r renamed) name() string { return r.called }

// nodePackage is the version of the embedded build, so that the solvers are
// equal.
const nodePackage = "highs@1.15.3"

// startNodeHiGHS installs HiGHS with npm in the folder and starts its driver.
func startNodeHiGHS(name string) func(context.Context, *workshop, string) (runner, error) {
	return func(ctx context.Context, w *workshop, folder string) (runner, error) {
		for _, program := range []string{"npm", "node"} {
			if _, err := exec.LookPath(program); err != nil {
				return nil, fmt.Errorf("no %s here", program)
			}
		}
		w.once(ctx, "npm", "install", "--silent", "--no-audit", "--no-fund", "--no-save", "--prefix", w.folder, nodePackage)
		modules := filepath.Join(w.folder, "node_modules")
		if _, err := os.Stat(filepath.Join(modules, "highs")); err != nil {
			return nil, errors.New("npm could not install " + nodePackage)
		}
		return w.driver(ctx, "node", filepath.Join(w.folder, "peers", "highs.mjs"), filepath.Join(folder, name), modules, fmt.Sprint(commitmentGap))
	}
}

// nativeHiGHS returns the peer of the library's own driver with a native HiGHS:
// that which HIGHS_LIBRARY names or the loader finds, or that of the Debian 13
// tree of "make native". Programs reach it in memory, as they do the embedded
// build.
func nativeHiGHS(name string) func(context.Context, *workshop, string) (runner, error) {
	return func(ctx context.Context, w *workshop, folder string) (runner, error) {
		var reason error
		// Builds are those that the library itself would use, in its order.
		for _, found := range highs.Builds() {
			if found.Backend == highs.Native {
				if found.Err == nil {
					return w.library(ctx, "native "+name, folder)
				}
				reason = found.Err
			}
		}
		if os.Getenv("HIGHS_LIBRARY") != "" {
			return nil, fmt.Errorf("HIGHS_LIBRARY: %w", reason)
		}
		return w.inTree(ctx, name, folder)
	}
}

// inTree starts the driver in the Debian 13 tree, which only root can enter.
func (w *workshop) inTree(ctx context.Context, name, folder string) (runner, error) {
	tree := os.Getenv("NATIVE_ROOT")
	if tree == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		tree = filepath.Join(cache, "trigrid", "debian-13")
	}
	if _, err := os.Stat(filepath.Join(tree, ".complete")); err != nil || os.Getuid() != 0 {
		return nil, errors.New("no libhighs here; as root, make native makes a Debian 13 tree that has one")
	}
	// The tree has no Go and no module: it gets the case and a static build of
	// this program.
	inside := filepath.Join("/trigrid", "bench")
	if err := os.MkdirAll(tree+inside, 0o777); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(folder, "case.json"))
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(tree+inside, "case.json"), text, 0o666); err != nil {
		return nil, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(tree+inside, "bench"), "./internal/cmd/bench")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	return w.driver(ctx, "chroot", tree, inside+"/bench", "drive", "native "+name, inside)
}
