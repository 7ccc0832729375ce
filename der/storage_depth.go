package der

import (
	"math"
	"slices"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
)

// DepthBand is a part of the capacity of a store with a wear cost of its own.
// Bands are listed from the shallowest cycle to the deepest. For example,
// {Depth: 2, Wear: 1}, {Depth: 8, Wear: 6} charges 1 per MWh for the first 2
// MWh of a cycle and 6 for the next 6 MWh.
type DepthBand struct {
	Depth float64 // lower end of the band, as depth of cycle, MWh stored; rising from band to band
	Wear  float64 // currency per MWh discharged from the band, at the meter; not falling
}

// wearByDepth adds wear that rises with the depth of cycles. The store is cut
// into bands, and each band has energy of its own:
//
//	c_t = Σ_j c_tj,   d_t = Σ_j d_tj
//	e_tj = (1−σ)^Δ e_{t−1,j} + η_c c_tj Δ − d_tj Δ / η_d,   0 ≤ e_tj ≤ width_j
//	cost = Σ_t Σ_j w_j d_tj Δ,   w_1 ≤ w_2 ≤ …
//
// The initial energy fills the shallow bands first, unless
// [StorageState.InBands] is given. The traces "energy_1", "energy_2", … are
// e_tj. An optimum charges and discharges the shallowest band possible, because
// its wear is lowest. A cycle of depth D then costs as much as the first D MWh
// of the bands. The total equals the sum over the cycles of rainflow counting.
//
// Source: Xu, Zhao, Zheng, Litvinov, Kirschen, "Factoring the cycle aging cost
// of batteries participating in electricity markets", IEEE Trans. Power Systems
// 33(2), 2018.
func (u *Storage) wearByDepth(m *milp.Model, at func(string, int) milp.Name, on milp.Expr, flows []storageFlow, c Context, out *Terms) {
	var (
		widths = u.widths()
		before = make([]milp.Expr, len(widths))
		n      = MaxCount(on)
	)
	for j, mwh := range u.fill(widths) {
		before[j] = on.Times(mwh)
	}
	for t, flow := range flows {
		var charge, discharge milp.Expr
		dt := c.HoursAt(t)
		keep := u.kept(dt)
		for j, width := range widths {
			band := "_" + strconv.Itoa(j+1)
			in := m.Var(at("charge"+band, t), 0, u.Charge*n).Expr()
			from := m.Var(at("discharge"+band, t), 0, u.Discharge*n).Expr()
			energy := upTo(m, at("energy"+band, t), width, on)
			m.Equal(at("balance"+band, t), energy,
				milp.Sum(before[j].Times(keep), in.Times(u.ChargeEfficiency*dt), from.Times(-dt/u.DischargeEfficiency)))
			charge.Add(in)
			discharge.Add(from)
			out.Cost.Add(from.Times(u.Depths[j].Wear * dt))
			out.Watch("discharge"+band, "MW", t, from)
			out.Watch("energy"+band, "MWh", t, energy)
			before[j] = energy
		}
		m.Equal(at("charge_bands", t), flow.charge, charge)
		m.Equal(at("discharge_bands", t), flow.discharge, discharge)
	}
}

// widths returns the capacity of each band, MWh. The last band reaches to the
// bottom of the store.
func (u *Storage) widths() []float64 {
	out := make([]float64, len(u.Depths))
	above := 0.0
	for j, band := range u.Depths {
		reach := band.Depth
		if j == len(out)-1 {
			reach = u.Energy
		}
		out[j] = reach - above
		above = reach
	}
	return out
}

// fill distributes the initial energy over the bands, MWh: as InBands states,
// or shallow bands first.
func (u *Storage) fill(widths []float64) []float64 {
	if u.Before.InBands != nil {
		return slices.Clone(u.Before.InBands)
	}
	out := make([]float64, len(widths))
	left := u.initial()
	for j, width := range widths {
		out[j] = min(left, width)
		left -= out[j]
	}
	return out
}

// depthCost returns the wear by depth of a schedule, currency. The schedule of
// a program has the band of each MWh in its traces. For a metered schedule
// replay assigns the bands as an optimum does.
func (u *Storage) depthCost(p *Ports, c Context) float64 {
	cost := 0.0
	if len(u.Depths) == 0 {
		return cost
	}
	from := u.discharged(p, c)
	for j, band := range u.Depths {
		for t, mw := range from[j] {
			cost += band.Wear * mw * c.HoursAt(t)
		}
	}
	return cost
}

// replay returns the discharging power by band and step, MW, and the energy in
// each band after the given number of steps, MWh, if every MWh enters and
// leaves the shallowest possible band.
func (u *Storage) replay(p *Ports, c Context, steps int) (from [][]float64, energy []float64) {
	widths := u.widths()
	energy, from = u.fill(widths), make([][]float64, len(widths))
	for j := range from {
		from[j] = make([]float64, steps)
	}
	for t := range steps {
		dt := c.HoursAt(t)
		keep := u.kept(dt)
		charge, discharge := u.flow(p, t)
		in := u.ChargeEfficiency * charge * dt
		out := discharge * dt / u.DischargeEfficiency
		for j := range energy {
			energy[j] *= keep
			stored := min(in, widths[j]-energy[j])
			energy[j] += stored
			in -= stored
			taken := min(out, energy[j])
			energy[j] -= taken
			out -= taken
			from[j][t] = taken * u.DischargeEfficiency / dt
		}
	}
	return from, energy
}

// validateDepths requires bands that go from shallow to deep, with rising wear,
// and that cover the store.
func (u *Storage) validateDepths(v *faults.List) {
	if u.Depths != nil && len(u.Depths) == 0 {
		v.Addf("Depths is an empty list, want at least one band or nil")
	}
	depth, wear := 0.0, 0.0
	for j, band := range u.Depths {
		field := "Depths[" + strconv.Itoa(j) + "]"
		if !(band.Depth > depth) || math.IsInf(band.Depth, 0) {
			v.Addf("%s.Depth is %v, want a finite number above %v MWh: bands go from shallow to deep",
				field, band.Depth, depth)
		}
		if !(band.Wear >= wear) || math.IsInf(band.Wear, 0) {
			v.Addf("%s.Wear is %v, want a finite number of at least %v currency per MWh: "+
				"deeper cycles cannot wear less", field, band.Wear, wear)
		}
		depth, wear = band.Depth, band.Wear
	}
	if n := len(u.Depths); n > 0 && depth < u.Energy-u.MinEnergy {
		v.Addf("Depths ends at %v MWh, want the last band to reach the window of %v MWh", depth, u.Energy-u.MinEnergy)
	}
	if n := len(u.Depths); n > 1 && u.Depths[n-2].Depth >= u.Energy {
		v.Addf("Depths[%d] lies below the store's Energy of %v MWh; leave it out", n-1, u.Energy)
	}
}
