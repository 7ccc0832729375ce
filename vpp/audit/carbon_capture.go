package audit

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// capture inspects a thermal unit that captures its CO2. Its schedule reports
// the traces gross output G_t, MW, and absorbed CO2 A_t, t. With the emission
// factor ε and the released CO2 R_t,
//
//	F_t = ε G_t Δ                                  CO2 in the flue gas, t
//	η x_min F_t ≤ A_t ≤ η x_max F_t                 split of the flue gas
//	M_t = M_{t−1} + A_t − R_t,  0 ≤ M_t ≤ tank,  M_T = M_end  CO2 in the tank; without a tank R_t = A_t
//	P_t Δ = (G_t − p_fix on_t) Δ − w_a A_t − w_r R_t          net output
//	emission = F_t − A_t,   allowance = quota P_t Δ
//	cost = costs of the thermal unit at G + solvent Σ_t A_t
//
// If carbon is counted at the purchase, the absorbed CO2 is not subtracted from
// the emission.
func (a *account) capture(u *der.CarbonCapture) {
	split := u.MaxSplit.Or(1)
	for s := range a.realised.Realised {
		var (
			p                = a.ports(s)
			gross, absorbed  = p.Trace("gross"), p.Trace("absorbed")
			on               []bool
			inTank, solvent  = u.InTank, 0.0
			released, energy float64
		)
		if gross == nil || absorbed == nil {
			a.at(s, All).report("gross output and CO2 absorbed are reported", Equal, math.NaN(), 0)
			continue // the equations need both traces
		}
		// Commitment, ramps and fuel depend on the gross output, not on the
		// injection.
		a.host(&u.Unit, s, gross)
		on = a.committed(&u.Unit, s, gross)
		for t := range a.c.Steps() {
			at := a.at(s, t)
			flue := u.Unit.EmissionFactor * gross[t] * a.dt(t)
			at.Within("CO2 absorbed", u.Efficiency*u.MinSplit*flue, absorbed[t], u.Efficiency*split*flue)
			released = value(p.CO2, t)
			if u.Tank > 0 { // absorption and release can be at different times
				inTank += absorbed[t] - released
				at.Within("CO2 in the tank", 0, inTank, u.Tank)
				if perHour, ok := u.MaxRelease.Get(); ok {
					at.AtMost("CO2 released", released, perHour*a.dt(t))
				}
				at.AtLeast("CO2 released", released, 0)
			} else {
				at.Equal("CO2 released", released, absorbed[t])
			}
			// Absorption needs energy when CO2 is absorbed, regeneration when
			// it is released.
			energy = (gross[t]-u.FixedPower*number(on[t]))*a.dt(t) - u.AbsorbEnergy*absorbed[t] - u.ReleaseEnergy*released
			at.Equal("net output", value(p.Injected, t)*a.dt(t), energy)
			credited := absorbed[t]
			if u.Carbon == der.CountAtPurchase {
				credited = 0
			}
			at.Equal("emission", value(p.Emission, t), flue-credited)
			at.Equal("allowance", value(p.Allowance, t), u.Unit.Quota*value(p.Injected, t)*a.dt(t))
			at.Equal("conventional energy", value(p.Conventional, t), value(p.Injected, t)*a.dt(t))
			solvent += u.SolventCost * absorbed[t]
		}
		if u.Tank > 0 { // otherwise a plan could leave CO2 in the tank at the end
			a.at(s, a.c.Steps()-1).Equal("CO2 in the tank at the end", inTank, u.EndInTank.Or(u.InTank))
		}
		costs := a.thermalCosts(&u.Unit, s, gross)
		costs["solvent"] = solvent
		a.cost(s, true, costs)
	}
}

// gasSupply inspects a supply of gas G with the price p, per MWh:
//
//	0 ≤ G_t ≤ Max,   emission = ε G_t Δ,   cost = Σ_t p_t G_t Δ
func (a *account) gasSupply(u *der.GasSupply) {
	for s := range a.realised.Realised {
		spent := 0.0
		for t := range a.c.Steps() {
			bought := value(a.ports(s).Gas, t)
			a.at(s, t).Within("gas bought", 0, bought, u.Max)
			a.at(s, t).Equal("emission", value(a.ports(s).Emission, t), u.EmissionFactor*bought*a.dt(t))
			spent += a.c.Set.At(u.Price, s, t) * bought * a.dt(t)
		}
		a.cost(s, false, map[string]float64{"gas": spent})
	}
}
