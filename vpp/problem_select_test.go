package vpp_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/testsolver"
	"github.com/trigrid/trigrid/vpp"
)

// troublesome adds to the village's wind and battery a DER that must run at a
// loss and a load without sufficient payments.
func troublesome(t testing.TB) (vpp.VPP, []der.DER, vpp.Setting) {
	v, ders, setting := village(t)
	return v, []der.DER{
		ders[0], ders[2],
		&der.Thermal{ID: "old", MinOutput: 1, MaxOutput: 2, MustRun: true, NoLoad: 90, Linear: 120, EmissionFactor: 1},
		&der.Load{ID: "shop", Demand: "cold"},
	}, setting
}

// The VPP's own choice is worth as much as the best of all coalitions, under
// either reading of whose costs count; and it leaves out what costs more than
// it brings.
func TestSelectEqualsTheBestOfAllCoalitions(t *testing.T) {
	solver := testsolver.New(t)
	for _, scheduling := range []vpp.DispatchObjective{vpp.OwnCosts, vpp.TariffPayments} {
		v, ders, setting := troublesome(t)
		setting.Modelling.DispatchObjective = scheduling
		x, err := vpp.NewCoalitions(vpp.Problem{VPP: v, Members: ders, Setting: setting}, solver)
		require.NoError(t, err)
		var all []vpp.Coalition
		for s := range vpp.Coalition(1 << len(ders)) {
			all = append(all, s)
			plan, err := x.Plan(t.Context(), s)
			require.NoError(t, err)
			checked(t, plan)
		}
		of := outcomes(t, x)
		best := vpp.Best(of, all)
		chosen, err := vpp.Problem{VPP: v, Members: ders, Setting: setting}.Select(t.Context(), solver)
		require.NoError(t, err)
		checked(t, chosen)

		most := of(best).Value.Objective
		assert.InDelta(t, most, chosen.Value.Objective, 1e-4)
		assert.Greater(t, most, of(allMembers(len(ders))).Value.Objective+1, "the coalition of all DERs is worse")
		assert.False(t, best.Has(2), "the unit that must run at a loss stays outside")
		if scheduling == vpp.OwnCosts {
			assert.False(t, best.Has(3), "what a load pays is a transfer; its energy has to be bought")
		}
		for _, m := range chosen.Members {
			assert.NotEqual(t, "old", m.DER.Name())
		}
	}
}
