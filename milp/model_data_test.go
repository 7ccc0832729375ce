package milp

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestObjectiveScaleBringsCostsToAnOrdinarySize(t *testing.T) {
	for _, c := range []struct {
		costs []float64
		want  float64
	}{
		{nil, 1},
		{[]float64{0, 0}, 1},
		{[]float64{1}, 1},                     // the lower end of the ordinary range
		{[]float64{-1 << 20, 3e-9}, 1},        // the upper end; small costs do not count
		{[]float64{4e-8, -9e-8}, 1 << 33},     // 773
		{[]float64{0.99}, 1 << 10},            // 1014
		{[]float64{1<<20 + 1}, 0.5},           // 2¹⁹
		{[]float64{5e10}, math.Ldexp(1, -16)}, // 762939
		{[]float64{1e-300}, math.Ldexp(1, 300)},
	} {
		d := Data{Cost: c.costs}
		assert.Equal(t, c.want, d.ObjectiveScale(), "%g", c.costs)
	}
}
