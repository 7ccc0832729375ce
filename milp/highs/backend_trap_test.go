package highs

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pretender is a HiGHS that claims an optimum without solving anything.
type pretender struct {
	port // nil: the test calls only the methods that are overridden below
	x    []float64
}

func (p pretender) call(_ context.Context, function string, args ...any) (int32, error) {
	switch function {
	case "Highs_getModelStatus":
		return int32(optimal), nil
	case "Highs_getIntInfoValue":
		*args[1].(*int32) = 2 // primal_solution_status: feasible
	case "Highs_getSolution":
		copy(args[0].(fill), p.x)
	}
	return 0, nil
}

func (pretender) listen(func(event) bool) error { return nil }

func (pretender) name() string { return "HiGHS 1.14.0, pretended" }

func (pretender) checksum() (string, error) { return "", errors.New("no file") }

func TestPresolveTrapRefusesAWrongBuild(t *testing.T) {
	// z = 5 serves the demand of 4.5, but costs 15; x = 4.5 costs 9.
	err := presolveTrap(object{pretender{x: []float64{0, 5}}})
	require.ErrorContains(t, err, "1.14.0, pretended is rejected")
	assert.ErrorContains(t, err, "15 instead of 9")
	assert.NoError(t, presolveTrap(object{pretender{x: []float64{4.5, 0}}}))
}

func TestPresolveTrapPassesInstalledBuilds(t *testing.T) {
	onBackends(t, func(t *testing.T, s Solver) {
		h, err := s.object(context.Background())
		require.NoError(t, err)
		defer h.close()
		assert.NoError(t, presolveTrap(h))
	})
}
