package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/studies/internal/claim"
)

// study holds all results. -json writes it as it is.
type study struct {
	Inputs  []input       `json:"inputs"`
	Notes   []string      `json:"notes"` // quotas that pay for emissions
	Cases   []tradingCase `json:"cases"`
	Methods []method      `json:"methods"`
	Sweeps  *sweeps       `json:"sweeps"`
	Hours   []hour        `json:"hours"`
	Alike   []outcome     `json:"alike"` // on equal data at fixed prices, for claim B18
	Conduct []conduct     `json:"conduct"`
	Chains  *chains       `json:"chains"`

	Exchanges []exchange `json:"exchanges"` // electricity between VPPs, per load

	Weeks  []week        `json:"weeks,omitempty"`
	Claims []claim.Claim `json:"claims"`

	took time.Duration // printed only: equal inputs must give equal JSON
}

// tradingCase is the equilibrium of price takers with some of the markets. The
// paper has four: none, carbon, certificates and both. The fifth here has both
// at observed price levels.
type tradingCase struct {
	Name      string             `json:"name"`
	VPPs      []outcome          `json:"vpps"`
	Total     outcome            `json:"total"`
	Residuals map[string]float64 `json:"residuals_cny_per_unit"`

	cleared *cleared
}

// conduct is the equilibrium of the full model under one conduct of the
// participants.
type conduct struct {
	Name      string  `json:"name"`
	Total     outcome `json:"total"`
	Residual  float64 `json:"residual_cny_per_unit"` // the largest of all markets
	Rounds    int     `json:"rounds"`
	Converged bool    `json:"converged"`
}

// options are the inputs of a study.
type options struct {
	solver  milp.Solver
	workers int // at least 1
	seed    uint64
	weeks   []measured // nil: no measured weeks
	log     io.Writer  // progress, one line per stage
}

// newStudy computes all results, then the claims.
//
// Each stage that does something reports one line when it ends.
func newStudy(ctx context.Context, o options) (*study, error) {
	began := time.Now()
	x := &study{Inputs: inputs(), Notes: notes(base().carbonQuota)}
	// Later stages use the results of earlier ones: Cases[3] is the full model.
	for _, stage := range []func(context.Context, options) (string, error){
		x.tradingCases, x.conducts, x.underUncertainty, x.overQuotas, x.onChains, x.onExchange, x.measuredWeeks,
	} {
		done, err := stage(ctx, o)
		if err != nil {
			return nil, err
		}
		if done != "" {
			fmt.Fprintf(o.log, "%6.1f s  %s\n", time.Since(began).Seconds(), done)
		}
	}
	x.Claims = x.judge()
	x.took = time.Since(began)
	return x, nil
}

// tradingCases solves the five cases. The order is fixed: claims address cases
// by index.
func (x *study) tradingCases(ctx context.Context, o options) (string, error) {
	for _, c := range []struct {
		name                 string
		carbon, certificates bool
		prices               prices
	}{
		{"none", false, false, paperLike},
		{"carbon", true, false, paperLike},
		{"certificates", false, true, paperLike},
		{"both", true, true, paperLike},
		{"both, real price levels", true, true, realLike},
	} {
		r := base()
		r.carbon, r.certificates, r.prices = c.carbon, c.certificates, c.prices
		played, err := play(ctx, o.solver, sites(), r, market.PriceTaking)
		if err != nil {
			return "", fmt.Errorf("case %q: %w", c.name, err)
		}
		x.Cases = append(x.Cases, tradingCase{c.name, played.VPPs, played.total(), played.Residuals, played})
	}
	return "four trading cases, and both markets at real price levels", nil
}

// full returns the equilibrium with both markets.
//
// It is the trading case "both", at the prices of the paper.
func (x *study) full() *cleared { return x.Cases[3].cleared }

// conducts compares price taking with Cournot competition and the social
// optimum.
func (x *study) conducts(ctx context.Context, o options) (string, error) {
	x.Hours = hours(x.full())
	for _, c := range []market.Conduct{market.PriceTaking, market.Cournot, market.Social} {
		played := x.full()
		if c != market.PriceTaking { // solved already as a trading case
			var err error
			if played, err = play(ctx, o.solver, sites(), base(), c); err != nil {
				return "", fmt.Errorf("%v conduct: %w", c, err)
			}
		}
		x.Conduct = append(x.Conduct, conduct{
			c.String(), played.total(), played.equilibrium.Residual, played.Rounds, played.Converged,
		})
	}
	return "price-taking, Cournot and social", nil
}

// underUncertainty solves the VPPs on equal data and compares the methods of
// planning.
func (x *study) underUncertainty(ctx context.Context, o options) (string, error) {
	fixed := base()
	// At fixed prices, no VPP changes the price of another one.
	fixed.prices = fixed.prices.fixed()
	same, err := play(ctx, o.solver, alike(), fixed, market.PriceTaking)
	if err != nil {
		return "", err
	}
	x.Alike = same.VPPs
	x.Methods, err = methods(ctx, o.solver, o.seed)
	return fmt.Sprintf("three treatments of uncertainty, tried on %d fresh days", fresh), err
}

// overQuotas sweeps both quotas.
func (x *study) overQuotas(ctx context.Context, o options) (string, error) {
	var err error
	if x.Sweeps, err = sweep(ctx, o.solver, o.workers); err != nil {
		return "", err
	}
	n := len(x.Sweeps.Carbon) + len(x.Sweeps.Certificates)
	return fmt.Sprintf("sweeps of %d quotas, at moving and at fixed prices", n), nil
}

// onChains records the day of the full model on the ledgers.
func (x *study) onChains(ctx context.Context, o options) (string, error) {
	var err error
	if x.Chains, err = record(ctx, x.full().equilibrium, o.seed); err != nil {
		return "", err
	}
	return fmt.Sprintf("a day on the chains: %d trades reviewed, %d carried over the relays",
		x.Chains.Executed+x.Chains.Refused, x.Chains.Committed), nil
}

// onExchange trades electricity between the VPPs by the hour, at the loads of
// the profiles and at calibrated ones.
func (x *study) onExchange(ctx context.Context, o options) (string, error) {
	var err error
	if x.Exchanges, err = exchanges(ctx, o.solver, o.seed); err != nil {
		return "", err
	}
	return fmt.Sprintf("electricity between VPPs at %d loads", len(x.Exchanges)), nil
}

// measuredWeeks runs the weeks of o, if any.
func (x *study) measuredWeeks(ctx context.Context, o options) (string, error) {
	if o.weeks == nil {
		return "", nil
	}
	var err error
	x.Weeks, err = weeks(ctx, o.solver, o.weeks)
	return "a winter and a summer week of measured series", err
}
