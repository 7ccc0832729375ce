package casefile

import (
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/vpp"
)

// readVPP reads one item of the list "vpps". pass_through is the ratio θ in [0,
// 1] of the coalition's gain that the VPP allocates to its members.
//
//	{"name": "VPP1", "demand": "demand1", "risk_aversion": 0.2, "pass_through": 0.5,
//	 "tariff": {"injection_fraction": 0.6, "withdrawal_fraction": 0.6}}
func (c *Case) readVPP(v Fields, names map[string]bool) vpp.VPP {
	var p vpp.VPP
	if !v.Object() {
		return p
	}
	p.Name = v.At("name").Text()
	if demand := v.At("demand"); demand.Given() {
		p.Demand = demand.Series(names)
	}
	p.RiskAversion = v.At("risk_aversion").Number(0, unbounded)
	p.PassThrough = v.At("pass_through").Number(0, 1)
	if x := v.At("free_allocation_t_per_step"); x.Given() {
		if c.equalSteps() {
			p.FreeAllocation = x.NumbersOrOne(c.grid.Steps, 0, unbounded)
		} else {
			// One number for all steps would give short steps too much.
			p.FreeAllocation = x.Numbers(c.grid.Steps, 0, unbounded)
		}
	}
	p.ImportLimit = v.At("import_limit_mw").Optional(0, unbounded)
	p.ExportLimit = v.At("export_limit_mw").Optional(0, unbounded)
	if t := v.At("tariff"); t.Object() {
		p.Tariff = c.readTariff(t, p.Name)
	}
	return p
}

// readTariff reads the prices between a VPP and its members, currency per MWh.
// Each price is a list, one number for all steps, or a fraction of the market's
// buying price. For example, with buying prices of 400 and 500,
// "injection_fraction": 0.6 pays members 240 and 300 per MWh fed in.
func (c *Case) readTariff(v Fields, vppName string) der.Tariff {
	// price reads one price in either form. lower is 0 for payments to a member
	// or for penalties, which are no income of the payer.
	price := func(name string, lower float64) []float64 {
		fraction, direct := v.At(name+"_fraction"), v.At(name+"_per_mwh")
		switch {
		case fraction.Given() && direct.Given():
			fraction.Bad("is given together with %s_per_mwh, want one of the two", name)
		case direct.Given():
			return direct.NumbersOrOne(c.grid.Steps, lower, unbounded)
		case fraction.Given():
			f := fraction.Number(0, 10)
			c.priced.addFraction(vppName, name, f)
			if buying, ok := c.setting.Markets.Electricity.(*market.Tariff); ok {
				prices := buying.Buy.Times(f)
				for t, p := range prices {
					if p < lower {
						fraction.Bad("gives %v per MWh in step %d, where the buying price is negative; "+
							"want at least %v, with %s_per_mwh", p, t, lower, name)
						break
					}
				}
				return prices
			}
		}
		return nil // the price is 0
	}
	// An absent price of a good is not 0: the good then has the price inside
	// the VPP.
	good := func(name string) []float64 {
		if x := v.At(name); x.Given() {
			return x.NumbersOrOne(c.grid.Steps, -unbounded, unbounded)
		}
		return nil
	}
	return der.Tariff{
		Injection: price("injection", -unbounded), Withdrawal: price("withdrawal", -unbounded),
		LoadReduction: price("load_reduction", 0), Shortage: price("shortage", 0), Surplus: price("surplus", 0),
		Heat: good("heat_per_mwh"), Gas: good("gas_per_mwh"), CO2: good("co2_per_t"),
	}
}
