package ipm_test

import (
	"testing"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/milp/ipm"
	"github.com/trigrid/trigrid/milp/milptest"
)

func TestConformance(t *testing.T) {
	milptest.RunLinear(t, func(s milptest.Settings) milp.Solver {
		return ipm.Solver{TimeLimit: s.TimeLimit}
	})
}
