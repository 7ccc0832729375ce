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

// guests are the village's engine and battery and a heat pump, which this
// library does not know.
func guests(t testing.TB) (vpp.VPP, []der.DER, vpp.Setting) {
	v, ders, setting := village(t)
	return v, []der.DER{ders[2], ders[3], &heatpump.HeatPump{
		ID: "pump", Power: 1, COP: 3, Capacity: 2, Loss: 0.04, Outside: []float64{2, 0, -4, -6, 1, 5, 3, 2}, Start: 20.5, Min: 20, Max: 22, Maintenance: 4,
	}}, setting
}

// A kind of a user's own takes part in everything that a VPP does with its
// members.
func TestACustomKindWorksEverywhere(t *testing.T) {
	var (
		solver           = testsolver.New(t)
		v, ders, setting = guests(t)
		all              = allMembers(len(ders))
	)
	plan, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
	require.NoError(t, err)
	require.NoError(t, plan.Verify(0))
	same := func(t *testing.T, other *vpp.Plan, err error) {
		t.Helper()
		require.NoError(t, err)
		require.NoError(t, other.Verify(0))
		assert.InDelta(t, plan.Value.Objective, other.Value.Objective, 1e-6*math.Abs(plan.Value.Objective))
	}

	t.Run("the whole program", func(t *testing.T) {
		program, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Formulate()
		require.NoError(t, err)
		other, err := program.Solve(t.Context(), solver)
		same(t, other, err)
	})
	t.Run("a session", func(t *testing.T) {
		session := vpp.NewSession(solver)
		defer session.Close()
		for _, members := range []vpp.Coalition{all, all.Without(2), all} {
			other, err := session.Solve(t.Context(), vpp.Problem{VPP: v, Members: ders, Setting: setting}, members)
			if members == all {
				same(t, other, err)
			} else {
				require.NoError(t, err)
				assert.Len(t, other.Members, 2)
			}
		}
	})
	t.Run("coalitions and the VPP's own choice", func(t *testing.T) {
		x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders, Setting: setting}, solver)
		require.NoError(t, err)
		var every []vpp.Coalition
		for s := range all + 1 {
			every = append(every, s)
			_, err := x.Plan(t.Context(), s)
			require.NoError(t, err)
		}
		of := outcomes(t, x)
		best := of(vpp.Best(of, every))
		chosen, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Select(t.Context(), solver)
		require.NoError(t, err)
		assert.InDelta(t, best.Value.Objective, chosen.Value.Objective, 1e-4)
		shares := vpp.Shapley{}.Shares(all, of)
		assert.Zero(t, vpp.Budget(all, of, shares))
	})
	t.Run("an equilibrium", func(t *testing.T) {
		found, err := vpp.FindEquilibrium(t.Context(), solver, []vpp.Participant{{VPP: v, Members: ders}}, setting, vpp.EquilibriumOptions{})
		require.NoError(t, err)
		same(t, found.Plans[0], nil)
	})
	t.Run("payments as costs", func(t *testing.T) {
		setting := setting
		setting.Modelling.DispatchObjective = vpp.TariffPayments
		other, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Solve(t.Context(), solver)
		require.NoError(t, err)
		require.NoError(t, other.Verify(0))
	})
	t.Run("limits that make a VPP infeasible", func(t *testing.T) {
		// The pump takes 1 MW at most, so that the engine's 5 MW leave 4 − 1 −
		// 1 = 2 MW that cannot go out.
		engine := &der.Thermal{ID: "engine", MinOutput: 5, MaxOutput: 5, MustRun: true, Before: der.ThermalState{On: true, Output: 5}}
		v := v
		v.Demand, v.ExportLimit = "", optional.Of(2)
		err := vpp.Problem{VPP: v, Members: []der.DER{engine, ders[2]}, Setting: setting}.Diagnose()
		require.ErrorIs(t, err, milp.ErrInfeasible)
		assert.ErrorContains(t, err, "its members feed in at least 4 MW at step 0 of scenario 0, which exceeds the demand of 0 MW and the export limit of 2 MW by 2 MW")
		assert.NoError(t, vpp.Problem{VPP: v, Members: ders, Setting: setting}.Diagnose())
	})
	t.Run("the next window", func(t *testing.T) {
		next, err := vpp.RollForward(plan, 1, 3)
		require.NoError(t, err)
		pump := next[2].(*heatpump.HeatPump)
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
