package command

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNumbersThatRoundToZeroHaveNoMinus(t *testing.T) {
	for _, c := range []struct {
		v             float64
		decimals      int
		fixed, signed string
	}{
		{-0.001, 2, "0.00", "+0.00"},
		{-0.5, 0, "0", "+0"}, // half to even
		{-0.0051, 2, "-0.01", "-0.01"},
		{math.Copysign(0, -1), 2, "0.00", "+0.00"},
		{0, 0, "0", "+0"},
		{-100, 0, "-100", "-100"},
		{12.345, 1, "12.3", "+12.3"},
	} {
		assert.Equal(t, c.fixed, Fixed(c.v, c.decimals))
		assert.Equal(t, c.signed, Signed(c.v, c.decimals))
	}
}
