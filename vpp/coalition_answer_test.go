package vpp_test

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/sweep/sweeptest"
	"github.com/trigrid/trigrid/vpp"
)

// learners returns coalitions that solve, and coalitions of the same problem
// that learn.
func learners(t *testing.T) (there, here *vpp.Coalitions, solver milp.Solver) {
	t.Helper()
	s := sweeptest.Study()
	there, err := vpp.NewCoalitions(vpp.Problem{VPP: s.VPPs[0], Members: s.DERs, Setting: s.Setting}, s.Solver)
	require.NoError(t, err)
	return there, there.Fresh(), s.Solver
}

// The outcome and the plan of a learned coalition are those of a solved one.
func TestALearnedAnswerHasThePlanOfASolvedOne(t *testing.T) {
	there, here, solver := learners(t)
	for s := range vpp.Coalition(16) {
		answer, err := there.Answer(t.Context(), s)
		require.NoError(t, err)
		learned, err := here.Learn(s, answer, nil, solver)
		require.NoError(t, err)
		assert.True(t, learned.Kept && learned.Proven)
		want, err := there.Outcome(t.Context(), s)
		require.NoError(t, err)
		got, err := here.Outcome(t.Context(), s)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		theirs, err := there.Facts(t.Context(), s)
		require.NoError(t, err)
		own, err := here.Facts(t.Context(), s)
		require.NoError(t, err)
		assert.Equal(t, theirs, own)
		plan, err := here.Plan(t.Context(), s)
		require.NoError(t, err)
		require.NoError(t, plan.Verify(1e-6))
		assert.Equal(t, want.Value, plan.Value)
	}
	assert.Len(t, here.Planned(), 16)
}

// The better of two answers stays, with the smaller bound, as with plans.
func TestTheBetterAnswerStays(t *testing.T) {
	there, here, solver := learners(t)
	answer, err := there.Answer(t.Context(), 3)
	require.NoError(t, err)
	worse := *answer
	outcome := *answer.Outcome
	outcome.Value.Objective, outcome.AbsoluteGap = outcome.Value.Objective-5, 20
	worse.Outcome, worse.Status = &outcome, milp.Feasible
	_, err = here.Learn(3, &worse, nil, solver)
	require.NoError(t, err)
	better := *answer
	own := *answer.Outcome
	own.AbsoluteGap = 30
	better.Outcome, better.Status = &own, milp.Feasible
	learned, err := here.Learn(3, &better, nil, solver)
	require.NoError(t, err)
	assert.True(t, learned.Kept)
	assert.False(t, learned.Proven)
	assert.InDelta(t, 15, learned.Outcome.AbsoluteGap, 1e-9, "the bound of the first answer is 15 above")
	plan, err := here.Plan(t.Context(), 3)
	require.NoError(t, err)
	assert.InDelta(t, 15, plan.AbsoluteGap, 1e-9)

	reason := errors.New("the solver stopped")
	learned, err = here.Learn(3, nil, reason, solver)
	require.NoError(t, err, "a known outcome stays")
	assert.False(t, learned.Kept)
	_, err = here.Learn(4, nil, reason, solver)
	require.ErrorIs(t, err, reason)
	_, err = here.Outcome(t.Context(), 4)
	require.ErrorIs(t, err, reason)
}

// A plan that differs from its answer in the last bit of a number is refused.
func TestAnotherPlanThanTheAnswerIsAnError(t *testing.T) {
	there, here, solver := learners(t)
	answer, err := there.Answer(t.Context(), 3)
	require.NoError(t, err)
	changed := *answer
	outcome := *answer.Outcome
	outcome.Value.Trade += 1e-9
	changed.Outcome = &outcome
	_, err = here.Learn(3, &changed, nil, solver)
	require.NoError(t, err)
	_, err = here.Plan(t.Context(), 3)
	require.ErrorIs(t, err, vpp.ErrAnotherAnswer)
	assert.ErrorContains(t, err, "in value")
}

// A coalition without a plan is an error of OutcomesOf, which names it.
func TestOutcomesOfNamesWhatIsMissing(t *testing.T) {
	there, _, _ := learners(t)
	_, err := there.Plan(t.Context(), 3)
	require.NoError(t, err)
	of, err := there.OutcomesOf(3)
	require.NoError(t, err)
	assert.Equal(t, vpp.Coalition(3), of(3).Coalition)
	_, err = there.OutcomesOf(3, 1, 0)
	require.ErrorContains(t, err, "[W], []")
	require.ErrorIs(t, err, vpp.ErrNotPlanned)
	_, err = there.Known(1)
	require.ErrorIs(t, err, vpp.ErrNotPlanned)
	known, err := there.Known(3)
	require.NoError(t, err)
	assert.Same(t, known, of(3))
	// A rule that compares a coalition that it has not listed gets no number
	// and no panic.
	shares := vpp.Shapley{}.Shares(3, of)
	assert.True(t, math.IsNaN(shares[0]) && math.IsNaN(shares[1]), "%v", shares)
}

// outcomes returns the outcomes of all planned coalitions.
func outcomes(t *testing.T, x *vpp.Coalitions) vpp.Outcomes {
	t.Helper()
	of, err := x.OutcomesOf(x.Planned()...)
	require.NoError(t, err)
	return of
}
