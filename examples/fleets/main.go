// Command fleets finds the equilibrium of a million DERs in classes that choose among VPPs.
//
//	go run ./examples/fleets                  # marginal sharing: the largest welfare
//	go run ./examples/fleets -shapley         # Aumann-Shapley sharing: about the whole gain is paid
//	go run ./examples/fleets -vpps 6 -scenarios 6
//	go run ./examples/fleets -distinct 10000 -vpps 10 -scenarios 10   # no two DERs are equal
//
// It prints the split of each class, the payoff of one DER, and the certificate: no split of the
// DERs is worth more than x % more, and no DER gains more than y by moving. The data are invented.
// Amounts are in units of the objective, in which a currency unit counts 0.4, the economic weight.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"text/tabwriter"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/milp/highs"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

func main() { command.Main(run) }

// run solves the region of the flags in three steps: the equilibrium as one program, its
// certificate, and whole DERs.
func run(ctx context.Context, args []string, out, stderr io.Writer) error {
	flags := flag.NewFlagSet("fleets", flag.ContinueOnError)
	vpps := flags.Int("vpps", 4, "number of VPPs")
	scenarios := flags.Int("scenarios", 4, "number of scenarios")
	shapley := flags.Bool("shapley", false, "share by Aumann and Shapley instead of marginal values")
	moves := flags.Int("moves", 1, "single DERs that may move after rounding")
	distinct := flags.Int("distinct", 0, "number of DERs of which no two are equal, instead of classes of equal ones")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	if *vpps < 1 || *scenarios < 1 {
		return command.Misused("-vpps and -scenarios are at least 1")
	}
	if *distinct != 0 {
		return runDistinct(ctx, *distinct, *vpps, *scenarios, out, stderr)
	}
	p, err := region(*vpps, *scenarios)
	if err != nil {
		return err
	}
	if *shapley {
		p.Rule = fleet.AumannShapley{Count: 2}
	}
	solver := highs.Solver{}
	e, err := p.Solve(ctx, solver)
	if err != nil {
		return err
	}
	// The certificate uses the data, the split and the prices. It trusts no other number of the
	// solution.
	certificate, err := p.Verify(ctx, solver, e)
	if err != nil {
		return err
	}
	whole, err := p.Round(ctx, solver, e, fleet.RoundOptions{MaxMoves: *moves})
	if err != nil {
		return err
	}
	return show(out, p, e, certificate, whole)
}

// show prints the classes and the certificate. A row such as
//
//	battery_small  105000          1.593   28144  2370  25966  48520  0
//
// states that 28144 small batteries join the first VPP, and that each of the class has 1.593.
func show(out io.Writer, p fleet.Problem, e *fleet.Equilibrium, c *fleet.Certificate, whole *fleet.Rounded) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "class\tDERs\tpayoff of one\t")
	for _, v := range p.VPPs {
		fmt.Fprintf(w, "%s\t", v.Name)
	}
	fmt.Fprintln(w, "outside\t")
	total, paid := 0, 0.0
	for k, f := range p.Fleets {
		fmt.Fprintf(w, "%s\t%d\t%.3f\t", f.Name(), f.Count, e.Payoff[k])
		left := f.Count
		for v := range p.VPPs {
			fmt.Fprintf(w, "%d\t", whole.Members[v][k])
			left -= whole.Members[v][k]
		}
		fmt.Fprintf(w, "%d\t\n", left)
		total += f.Count
		paid += float64(f.Count) * e.Payoff[k]
	}
	if err := w.Flush(); err != nil {
		return err
	}
	// Gaps are relative to the gain of the DERs, not to the cost of the demand.
	gain := c.Welfare - empty(p, c)
	_, err := fmt.Fprintf(out, "\n%d DERs in %d classes and %d VPPs, %s sharing\n"+
		"No split of whole DERs is worth more than %.2g %% of the gain more.\n"+
		"No DER gains more than %.2g by moving; in whole DERs, no more than %.2g. The mean payoff is %.2f.\n"+
		"Paid: %.1f %% of the gain; DERs moved after rounding: %d.\n",
		total, len(p.Fleets), len(p.VPPs), p.Rule.Name(), 100*(c.WelfareBound-whole.Welfare)/gain, c.Regret, whole.Regret, paid/float64(total), 100*paid/gain, whole.Moves)
	return err
}

// empty returns the welfare of the VPPs without members. The potential of a rule counts it with the
// sum of its factors w / t.
func empty(p fleet.Problem, c *fleet.Certificate) float64 {
	at, weight := p.Rule.Nodes()
	factors := 0.0
	for q := range at {
		factors += weight[q] / at[q]
	}
	return c.Empty / factors
}

const hours = 24

// region returns ten classes, a million DERs in all, and their VPPs: roofs, small turbines,
// batteries and loads. A class is one DER and its number, so that the region costs the memory of
// ten DERs per VPP. VPPs differ in their demand, in its peak and in their risk aversion.
func region(vpps, scenarios int) (fleet.Problem, error) {
	random := rand.New(rand.NewPCG(1, 2))
	set, err := scenario.New(scenario.Grid{Step: time.Hour, Steps: hours}, scenario.Equal(scenarios))
	if err != nil {
		return fleet.Problem{}, err
	}
	// add adds paths of a daily course with an error that lasts for hours. Its variance stays about
	// 1, because 0.9² + 0.44² = 1.004.
	add := func(name string, spread float64, course func(t float64) float64) {
		paths := make([][]float64, scenarios)
		for s := range paths {
			deviation := random.NormFloat64()
			for t := range hours {
				deviation = 0.9*deviation + 0.44*random.NormFloat64()
				paths[s] = append(paths[s], max(0, course(float64(t)+0.5)*(1+spread*deviation)))
			}
		}
		if err == nil {
			err = set.Add(name, "MW", paths)
		}
	}
	wave := func(t, peak float64) float64 { return math.Cos((t - peak) * math.Pi / 12) } // −1 to 1
	p := fleet.Problem{Rule: fleet.Marginal{}}
	join := func(u der.DER, count int) { p.Fleets = append(p.Fleets, der.Fleet{Unit: u, Count: count}) }
	for i, noon := range []float64{11, 12.5, 14} { // roofs to the east, south and west, 4 to 6 kW
		name := []string{"pv_east", "pv_south", "pv_west"}[i]
		add(name, 0.25, func(t float64) float64 { return 0.005 * max(0, wave(t, noon)) })
		join(&der.PV{ID: name, Available: name, Maintenance: 16}, 150_000)
	}
	for i, peak := range []float64{2, 9, 17} { // small turbines, 20 kW, 45 000 in all
		name := []string{"wind_night", "wind_morning", "wind_day"}[i]
		add(name, 0.35, func(t float64) float64 { return 0.02 * (0.33 + 0.12*wave(t, peak)) })
		join(&der.Wind{ID: name, Available: name, Maintenance: 18}, 10_000+5_000*i)
	}
	for i, kwh := range []float64{5, 10} { // home batteries of 4 kW, half full in the morning
		join(&der.Storage{
			ID: []string{"battery_small", "battery_large"}[i], Charge: 0.004, Discharge: 0.004, Energy: kwh / 1000, Initial: optional.Of(kwh / 2000),
			ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 20 + 5*float64(i),
		}, 105_000-5_000*i)
	}
	for i, evening := range []float64{8, 19} { // loads that leave out a fifth and take it later
		name := []string{"office", "home"}[i]
		add(name, 0.08, func(t float64) float64 { return 0.002 * (0.6 + 0.4*wave(t, evening)) })
		join(&der.DemandResponse{
			ID: name, Load: name, Served: true, MaxReductionShare: optional.Of(0.2), ReductionCost: 120, ReboundCost: 5,
		}, 150_000)
	}
	for v := range vpps {
		name := fmt.Sprintf("vpp%d", v+1)
		peak := 7 + 14*float64(v)/float64(max(1, vpps-1))
		size := 1500 / float64(vpps) * (0.7 + 0.6*random.Float64()) // MW
		add(name+"_demand", 0.08, func(t float64) float64 { return size * (0.7 + 0.3*wave(t, peak)) })
		p.VPPs = append(p.VPPs, vpp.VPP{
			Name: name, Demand: name + "_demand", RiskAversion: 0.1 + 0.4*float64(v)/float64(vpps), PassThrough: 1,
		})
	}
	// Buying is dear around 9 and 19 o'clock; feeding in earns 35 % of it.
	buy := make(market.Series, hours)
	for t := range buy {
		buy[t] = 470 + 770*max(0, wave(float64(t), 9), wave(float64(t), 19))
	}
	calendar := market.Calendar{Steps: hours}
	p.Setting = vpp.Setting{
		Set: set, Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Risk: vpp.CVaR{Confidence: 0.8},
		Markets: vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: buy.Times(0.35)},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: buy, Short: buy.Times(0.3), Long: buy.Times(0.5)},
			Carbon:      market.Flat(market.Carbon, calendar, 70),
		},
	}
	return p, err
}
