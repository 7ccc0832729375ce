package highs

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/milp"
)

var _ milp.Identified = Solver{}

// Identity implements [milp.Identified]. It reads the file of the loaded
// library once per process. For example, it returns
//
//	HiGHS 1.15.1, WebAssembly; sha256 528be436…; threads=1; presolve=choose; mip_rel_gap=1e-07; …
//
// It returns an error if no build is installed, if the settings are invalid, or
// if the file of the library cannot be found or read.
func (s Solver) Identity() (string, error) {
	options, err := s.options()
	if err != nil {
		return "", err
	}
	p, err := s.port(context.Background())
	if err != nil {
		return "", err
	}
	// The object was created only to find the build.
	defer p.close()
	sum, err := p.checksum()
	if err != nil {
		return "", fmt.Errorf("highs: the file of %s has no checksum: %w", p.name(), err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s; sha256 %s; threads=%d", p.name(), sum, p.useThreads(max(s.Threads, 1)))
	// In branch and bound, this package counts iterations itself, see
	// limitIterations.
	fmt.Fprintf(&text, "; iterations=%d", max(s.MaxIterations, 0))
	for _, o := range options {
		if !ofTheRun[o.name] {
			// Values of Solver.Options are quoted, so that none can imitate a
			// further option.
			fmt.Fprintf(&text, "; %s=%s", o.name, strconv.Quote(o.value))
		}
	}
	return text.String(), nil
}

// ofTheRun are options of HiGHS that do not change a solution that no limit of
// wall time stops.
var ofTheRun = map[string]bool{
	"time_limit": true, "output_flag": true, "log_to_console": true, "log_file": true,
	"mip_min_logging_interval": true,
}

// fileSum returns the SHA-256 of a file in hexadecimal digits.
func fileSum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}
