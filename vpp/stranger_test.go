package vpp_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/examples/customder/heatpump"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/vpp"
)

// guests are the village's engine and battery and a heat pump, which this library does not know.
func guests(t testing.TB) (vpp.VPP, []der.DER, vpp.Setting) {
	plant, units, setting := village(t)
	return plant, []der.DER{units[2], units[3], &heatpump.HeatPump{
		ID: "pump", Power: 1, COP: 3, Capacity: 2, Loss: 0.04, Outside: []float64{2, 0, -4, -6, 1, 5, 3, 2}, Start: 20.5, Min: 20, Max: 22, Maintenance: 4,
	}}, setting
}

// A kind of a user's own takes part in everything that a plant does with its members.
func TestAStrangersKindWorksEverywhere(t *testing.T) {
	var (
		solver                = testsolver.New(t)
		plant, units, setting = guests(t)
		all                   = everyone(len(units))
	)
	plan, err := vpp.Solve(t.Context(), solver, plant, units, setting)
	require.NoError(t, err)
	require.NoError(t, plan.Verify(0))
	same := func(t *testing.T, other *vpp.Plan, err error) {
		t.Helper()
		require.NoError(t, err)
		require.NoError(t, other.Verify(0))
		assert.InDelta(t, plan.Value.Objective, other.Value.Objective, 1e-6*math.Abs(plan.Value.Objective))
	}

	t.Run("the whole program", func(t *testing.T) {
		program, err := vpp.Formulate(plant, units, setting)
		require.NoError(t, err)
		other, err := program.Solve(t.Context(), solver)
		same(t, other, err)
	})
	t.Run("a session", func(t *testing.T) {
		session, err := vpp.NewSession(solver, units)
		require.NoError(t, err)
		defer session.Close()
		for _, members := range []vpp.Coalition{all, all.Without(2), all} {
			other, err := session.Solve(t.Context(), plant, members, setting)
			if members == all {
				same(t, other, err)
			} else {
				require.NoError(t, err)
				assert.Len(t, other.Members, 2)
			}
		}
	})
	t.Run("coalitions and the plant's own choice", func(t *testing.T) {
		x, err := vpp.NewCoalitions(plant, units, setting, solver)
		require.NoError(t, err)
		var every []vpp.Coalition
		for s := range all + 1 {
			every = append(every, s)
			_, err := x.Plan(t.Context(), s)
			require.NoError(t, err)
		}
		best := x.Outcomes()(vpp.Best(x.Outcomes(), every))
		chosen, err := vpp.Select(t.Context(), solver, plant, units, setting)
		require.NoError(t, err)
		assert.InDelta(t, best.Value.Objective, chosen.Value.Objective, 1e-4)
		shares := vpp.Shapley{}.Shares(all, x.Outcomes())
		assert.Zero(t, vpp.Budget(all, x.Outcomes(), shares))
	})
	t.Run("an equilibrium", func(t *testing.T) {
		found, err := vpp.FindEquilibrium(t.Context(), solver, []vpp.Participant{{VPP: plant, Members: units}}, setting, vpp.EquilibriumOptions{})
		require.NoError(t, err)
		same(t, found.Plans[0], nil)
	})
	t.Run("payments as costs", func(t *testing.T) {
		setting := setting
		setting.Modelling.DispatchObjective = vpp.TariffPayments
		other, err := vpp.Solve(t.Context(), solver, plant, units, setting)
		require.NoError(t, err)
		require.NoError(t, other.Verify(0))
	})
	t.Run("what makes a plant impossible", func(t *testing.T) {
		// The pump takes 1 MW at most, so that the engine's 5 MW leave 4 − 1 − 1 = 2 MW that cannot go out.
		engine := &der.Thermal{ID: "engine", MinOutput: 5, MaxOutput: 5, MustRun: true, Before: der.ThermalState{On: true, Output: 5}}
		plant := plant
		plant.Demand, plant.ExportLimit = "", optional.Of(2)
		err := vpp.Diagnose(plant, []der.DER{engine, units[2]}, setting)
		require.ErrorIs(t, err, milp.ErrInfeasible)
		assert.ErrorContains(t, err, "its members feed in at least 4 MW at step 0 of scenario 0, which exceeds the demand of 0 MW and the export limit of 2 MW by 2 MW")
		assert.NoError(t, vpp.Diagnose(plant, units, setting))
	})
	t.Run("the next window", func(t *testing.T) {
		carried, err := vpp.RollForward(plan, 1, 3)
		require.NoError(t, err)
		pump := carried[2].(*heatpump.HeatPump)
		assert.InDelta(t, plan.Members[2].Schedule.Realised[1].Trace("temperature")[2], pump.Start, 1e-9)
		assert.Equal(t, []float64{-6, 1, 5, 3, 2}, pump.Outside)
	})
	t.Run("the check knows its rules", func(t *testing.T) {
		assert.Empty(t, plan.Unaudited())
		plan.Members[2].Schedule.Realised[0].Withdrawn[3] += 0.01
		err := plan.Verify(0)
		assert.ErrorContains(t, err, "pump: temperature")
		plan.Members[2].Schedule.Realised[0].Withdrawn[3] -= 0.01
	})
}
