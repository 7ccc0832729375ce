package report_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/trigrid/trigrid/milp/highs"
)

// TestMain leaves out examples, which cannot skip themselves, where there is no solver.
func TestMain(m *testing.M) {
	flag.Parse()
	if _, err := (highs.Solver{}).Build(); errors.Is(err, highs.ErrNotInstalled) {
		fmt.Println("examples skipped, they need a solver")
		if err := flag.Set("test.skip", "^Example"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
