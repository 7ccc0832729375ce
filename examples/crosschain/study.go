package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/examples/internal/claim"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
)

// tradingCase is one of the source's four: which markets exist.
type tradingCase struct {
	Name      string             `json:"name"`
	Plants    []outcome          `json:"plants"`
	Total     outcome            `json:"total"`
	Residuals map[string]float64 `json:"residuals_cny_per_unit"`

	cleared *cleared
}

// study is everything that the program computes.
type study struct {
	Inputs  []input       `json:"inputs"`
	Notes   []string      `json:"notes"` // what is lawful in the inputs and works against their purpose
	Cases   []tradingCase `json:"cases"`
	Methods []method      `json:"methods"`
	Sweeps  *sweeps       `json:"sweeps"`
	Hours   []hour        `json:"hours"`
	Alike   []outcome     `json:"alike"` // the three plants on the same data at fixed prices, for B18
	Conduct []conduct     `json:"conduct"`
	Chains  *chains       `json:"chains"`
	Weeks   []week        `json:"weeks,omitempty"`
	Claims  []claim.Claim `json:"claims"`

	took time.Duration // which no two runs share
}

// input says where a group of inputs comes from.
type input struct {
	What   string `json:"what"`
	Source string `json:"source"`
}

func inputs() []input {
	return []input{
		{"day profiles of load, heat, sun and wind", "published: Wei et al. 2022; VPP3 has 1.5 times the sun and wind (calibrated)"},
		{"sizes and efficiencies of units", "calibrated, shaped on published data; the source's table 1 is not available"},
		{"tariff", "published: Cheng et al.; selling at 0.35 of it is calibrated"},
		{"gas price", "published: thesis on integrated energy systems, by hour, at 9.97 kWh/m³"},
		{"carbon price 70 CNY/t", "within the observed range of 54 to 106"},
		{"certificate price 50 CNY", "paper-like; observed are 2.6 to 5.7, which the run at real price levels uses"},
		{"slopes of prices", "calibrated: the source names the coefficients and prints none"},
		{"quotas 0.25 and 80 %", "published: the source, section 4.4.2"},
		{"emission of grid power 0.5306 t/MWh", "published: China 2023"},
		{"forecast errors 20, 15 and 5 %", "published: thesis on integrated energy systems"},
	}
}

// notes names the units that a quota pays for emitting: allowances above emissions per MWh supplied.
func notes(quota float64) []string {
	sources := market.FreeAllocation{Sources: []market.Source{
		{Name: "coal unit", Emission: 0.9, Allowance: quota},
		{Name: "combined unit, power and heat", Emission: der.NaturalGasCO2 / 0.75, Allowance: quota},
		{Name: "gas boiler", Emission: der.NaturalGasCO2 / 0.90, Allowance: quota},
	}}
	var out []string
	for _, w := range sources.Warnings() {
		out = append(out, w.String())
	}
	return out
}

// conduct is one equilibrium of the full model under one conduct.
type conduct struct {
	Name      string  `json:"name"`
	Total     outcome `json:"total"`
	Residual  float64 `json:"residual_cny_per_unit"` // the largest of all markets'
	Rounds    int     `json:"rounds"`
	Converged bool    `json:"converged"`
}

// hour is what the three plants and the markets did in one hour of the full model.
type hour struct {
	Hour             int     `json:"hour"`
	Load             float64 `json:"load_mw"`           // of the three together
	PowerPrice       float64 `json:"power_cny_per_mwh"` // of a purchase
	CarbonPrice      float64 `json:"carbon_cny_per_t"`
	CertificatePrice float64 `json:"certificate_cny"`

	// Net purchases per plant.
	Power       []float64 `json:"power_mwh"`
	Allowances  []float64 `json:"allowances_t"`
	Certificate []float64 `json:"certificates"`

	// What the stores feed in, per plant.
	Battery   []float64 `json:"battery_mw"`
	HeatStore []float64 `json:"heat_store_mw"`
}

// options of a study.
type options struct {
	solver  milp.Solver
	workers int
	seed    uint64
	weeks   []measured // nil: none
	log     io.Writer
}

func newStudy(ctx context.Context, o options) (*study, error) {
	began := time.Now()
	x := &study{Inputs: inputs(), Notes: notes(base().carbonQuota)}
	say := func(format string, args ...any) {
		fmt.Fprintf(o.log, "%6.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	for _, c := range []struct {
		name                 string
		carbon, certificates bool
	}{{"none", false, false}, {"carbon", true, false}, {"certificates", false, true}, {"both", true, true}} {
		r := base()
		r.carbon, r.certificates = c.carbon, c.certificates
		if err := x.addCase(ctx, o, c.name, r); err != nil {
			return nil, err
		}
	}
	priced := base()
	priced.prices = realLike
	if err := x.addCase(ctx, o, "both, real price levels", priced); err != nil {
		return nil, err
	}
	say("four trading cases, and both markets at real price levels")

	var err error
	full := x.Cases[3].cleared
	x.Hours = hours(full)
	for _, conductOf := range []market.Conduct{market.PriceTaking, market.Cournot, market.Social} {
		played := full
		if conductOf != market.PriceTaking {
			if played, err = play(ctx, o.solver, sites(), base(), conductOf); err != nil {
				return nil, fmt.Errorf("%v conduct: %w", conductOf, err)
			}
		}
		x.Conduct = append(x.Conduct, conduct{conductOf.String(), played.total(), played.equilibrium.Residual, played.Rounds, played.Converged})
	}
	say("price-taking, Cournot and social")

	fixed := base()
	fixed.prices = fixed.prices.fixed()
	same, err := play(ctx, o.solver, alike(), fixed, market.PriceTaking)
	if err != nil {
		return nil, err
	}
	x.Alike = same.Plants
	if x.Methods, err = methods(ctx, o.solver, o.seed); err != nil {
		return nil, err
	}
	say("three treatments of uncertainty, tried on %d fresh days", fresh)
	if x.Sweeps, err = sweep(ctx, o.solver, o.workers); err != nil {
		return nil, err
	}
	say("sweeps of %d quotas, at moving and at fixed prices", len(x.Sweeps.Carbon)+len(x.Sweeps.Certificates))
	if x.Chains, err = record(ctx, full.equilibrium, o.seed); err != nil {
		return nil, err
	}
	say("a day on the chains: %d trades reviewed, %d carried over the relays", x.Chains.Executed+x.Chains.Refused, x.Chains.Committed)
	if o.weeks != nil {
		if x.Weeks, err = weeks(ctx, o.solver, o.weeks); err != nil {
			return nil, err
		}
		say("a winter and a summer week of measured series")
	}
	x.Claims = x.judge()
	x.took = time.Since(began)
	return x, nil
}

func (x *study) addCase(ctx context.Context, o options, name string, r rules) error {
	played, err := play(ctx, o.solver, sites(), r, market.PriceTaking)
	if err != nil {
		return fmt.Errorf("case %q: %w", name, err)
	}
	x.Cases = append(x.Cases, tradingCase{name, played.Plants, played.total(), played.Residuals, played})
	return nil
}

// hours reads the hours of an equilibrium.
func hours(x *cleared) []hour {
	out := make([]hour, len(dayLoad))
	for t := range out {
		h := &out[t]
		h.Hour = t
		for _, traded := range x.equilibrium.Markets {
			buy, _ := traded.MarketPrices(0, t)
			to := &h.Power
			switch traded.Market.Trades() {
			case market.Carbon:
				h.CarbonPrice, to = buy, &h.Allowances
			case market.Certificate:
				h.CertificatePrice, to = buy, &h.Certificate
			default:
				h.PowerPrice = buy
			}
			for l := range traded.Bought {
				*to = append(*to, traded.Bought[l][0][t])
			}
		}
		for _, plan := range x.equilibrium.Plans {
			h.Load += plan.Setting.Set.At(plan.Plant.Demand, 0, t)
			for i := range plan.Members {
				m := &plan.Members[i]
				switch m.Unit.Name() {
				case plan.Plant.Name + " battery":
					h.Battery = append(h.Battery, m.Schedule.Realised[0].Net(t))
				case plan.Plant.Name + " heat store":
					h.HeatStore = append(h.HeatStore, m.Schedule.Realised[0].Heat[t])
				}
			}
		}
	}
	return out
}
