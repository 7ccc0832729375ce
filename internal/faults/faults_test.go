package faults_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/internal/faults"
)

func TestAnEmptyListIsNoError(t *testing.T) {
	var bad faults.List
	bad.Add(nil)
	assert.True(t, bad.Require(true, "not added"))
	require.NoError(t, bad.Err())
	assert.Zero(t, bad.Len())
}

func TestAllViolationsAreReportedInOrder(t *testing.T) {
	bad := faults.List{Prefix: "der: wind W1: "}
	bad.Addf("ID is %q", "")
	bad.Add(errors.New("scenario: step is 0"))
	assert.False(t, bad.Require(false, "Capacity is %v, want at least 0 MW", -1.0))
	require.EqualError(t, bad.Err(),
		"der: wind W1: ID is \"\"\nscenario: step is 0\nder: wind W1: Capacity is -1, want at least 0 MW")
}

func TestAPercentSignInANameStays(t *testing.T) {
	bad := faults.List{Prefix: "der: wind 50%d: "}
	bad.Addf("Capacity is %v", -1)
	require.EqualError(t, bad.Err(), "der: wind 50%d: Capacity is -1")
}

func TestEachOfSeveralErrorsNamesItsSubject(t *testing.T) {
	bad := faults.List{Prefix: "market: "}
	curve := errors.Join(errors.New("break 0 is 1"), errors.Join(errors.New("slope 0 is NaN"), fs.ErrInvalid))
	bad.Addf("period %d: %w", 3, curve)
	require.EqualError(t, bad.Err(),
		"market: period 3: break 0 is 1\nmarket: period 3: slope 0 is NaN\nmarket: period 3: invalid argument")
	require.ErrorIs(t, bad.Err(), fs.ErrInvalid)
	assert.Equal(t, 3, bad.Len())

	var wrapped faults.List
	wrapped.Addf("b: %w", fmt.Errorf("%w after %w", fs.ErrInvalid, fs.ErrExist))
	require.EqualError(t, wrapped.Err(), "b: invalid argument after file already exists")
}

func TestSentinelsAreFound(t *testing.T) {
	bad := faults.List{Prefix: "casefile: "}
	bad.Addf("case.json: %w", fs.ErrNotExist)
	require.ErrorIs(t, bad.Err(), fs.ErrNotExist)
}

func TestViolationsBeyondTheLimitAreCounted(t *testing.T) {
	bad := faults.List{Prefix: "scenario: ", Max: 2}
	for i := range 5 {
		bad.Addf("row %d", i)
	}
	const want = "scenario: row 0\nscenario: row 1\nscenario: and 3 more of the kind"
	require.EqualError(t, bad.Err(), want)
	require.EqualError(t, bad.Err(), want, "Err does not change the list")
	assert.Equal(t, 5, bad.Len())
}

func TestNumbersOutOfRangeAreRejected(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name  string
		check func(*faults.List, float64)
		good  []float64
		bad   []float64
	}{
		{"Finite", func(l *faults.List, x float64) { l.Finite("x", x, "MW") }, []float64{-1, 0, 1}, []float64{nan, inf, -inf}},
		{"AtLeast", func(l *faults.List, x float64) { l.AtLeast("x", x, 2, "MW") }, []float64{2, 3}, []float64{1.9, nan, inf}},
		{"Positive", func(l *faults.List, x float64) { l.Positive("x", x, "MW") }, []float64{0.1}, []float64{0, -1, nan, inf}},
		{"Between", func(l *faults.List, x float64) { l.Between("x", x, 1, 2, "") }, []float64{1, 2}, []float64{0.9, 2.1, nan, inf}},
		{"Efficiency", func(l *faults.List, x float64) { l.Efficiency("x", x) }, []float64{0.1, 1}, []float64{0, 1.1, nan, inf}},
	} {
		for _, x := range c.good {
			var l faults.List
			c.check(&l, x)
			assert.NoError(t, l.Err(), "%s of %v", c.name, x)
		}
		for _, x := range c.bad {
			var l faults.List
			c.check(&l, x)
			assert.ErrorContains(t, l.Err(), "x is ", "%s of %v", c.name, x)
		}
	}
}

func TestMessagesNameFieldValueAndUnit(t *testing.T) {
	bad := faults.List{Prefix: "der: storage ES: "}
	bad.AtLeast("Charge", -1, 0, "MW")
	bad.Between("SelfDischarge", 2, 0, 1, "")
	require.EqualError(t, bad.Err(), "der: storage ES: Charge is -1, want a finite number of at least 0 MW\n"+
		"der: storage ES: SelfDischarge is 2, want a number in [0, 1]")
}
