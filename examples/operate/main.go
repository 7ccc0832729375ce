// Command operate runs a region of two VPPs and four DERs over thirty days that
// really happen, with six strategies, and compares them.
//
//	go run ./examples/operate
//	go run ./examples/operate -data FOLDER
//
// Each day has forecasts, a day-ahead schedule, plans anew every four hours,
// actual values by the hour and a settlement on a ledger. Every ten days the
// DERs choose their VPP. A progress bar counts the days of all strategies.
//
// The output is one line per strategy: its cost, the distance to the lower
// bound under perfect information, the mean of its worst 5 % of days,
// imbalance, emission, certificates and renewable curtailment. The payments of
// each party follow, then who left whom, then the values of foresight and of
// scenarios per day with their confidence intervals. A strategy pays if the
// interval of its value lies above 0.
//
// The series are those of the folder of -data, of TRIGRID_DATA, or of
// ../shared/data: hourly forecasts and actual values of wind, sun and load,
// with simulated prices. Without the folder they are generated from a seed, and
// the output states it. All other data are invented.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/files"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

func main() { command.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("operate", flag.ContinueOnError)
	days := flags.Int("days", 30, "`number` of days")
	data := flags.String("data", cmp.Or(os.Getenv("TRIGRID_DATA"), "../shared/data"), "`folder` of the measured series")
	table := flags.String("csv", "", "write the steps of all parties under the fourth strategy to this `file`")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	season := operate.Season{
		Name: "june", Start: time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC), Days: *days, Step: time.Hour, Region: region,
	}
	note, closing, err := source(&season, *data)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, note)
	strategies := []operate.Strategy{
		operate.Foresight(), operate.DayAheadOnly(), operate.Rolling(4), operate.RollingScenarios(4, 3), operate.Robust(4, 8), operate.Rules(),
	}
	line := command.NewLine(stderr)
	done := map[string]int{} // days per strategy
	result, err := operate.Compare(ctx, season, operate.Options{
		// Each choice plans all coalitions of the four DERs; four random starts
		// show its ends.
		ChooseEvery: 10, Choice: trigrid.Options{Starts: 4},
		// Strategies run at the same time; the bar has the days of all.
		Observe: func(p operate.Progress) {
			done[p.Strategy] = p.Day
			sum := 0
			for _, d := range done {
				sum += d
			}
			share := float64(sum) / float64(len(strategies)*p.Days)
			line.Draw(fmt.Sprintf("[%-30s] %3.0f %%", strings.Repeat("=", int(30*share)), 100*share))
		},
	}, strategies...)
	line.Clear()
	if err != nil {
		return err
	}
	// The rows of one strategy, such as the delivered power of the battery at
	// 17:00 on day 3.
	if *table != "" {
		if err := files.Write(*table, func(w io.Writer) error {
			return operate.WriteCSV(w, result.Strategies[3].Result.Rows())
		}); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "Days: %d. Costs of the region and payments to the parties, USD:\n\n", result.Days)
	if err := result.WriteTable(stdout); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, closing)
	return err
}

// region returns the region over the steps of a set: the whole day at the gate,
// and the rest of it later. Its prices are those of the set, so that a plan has
// forecasts and the settlement the real ones. The other numbers are invented.
//
// A purchase costs the day-ahead price and a grid fee of 12 USD/MWh. A missing
// MWh costs at least the fee of 4 USD above the price, and a surplus MWh earns
// at least 4 USD less:
//
//	short = 4 + E[max(0, balancing − price)]        long = 4 + E[max(0, price − balancing)]
//
// For example, at a price of 30 and a balancing price of 50 a missing MWh costs
// 24 USD more than one that was bought the day before, and a surplus MWh earns
// 4 USD less than one that was sold then.
func region(set *scenario.Set) (trigrid.Region, error) {
	price := market.Series(set.Mean("price"))
	buy, short, long := make(market.Series, len(price)), make(market.Series, len(price)), make(market.Series, len(price))
	for t, λ := range price {
		buy[t], short[t], long[t] = λ+12, 4, 4
		// Two prices: a deviation never has a better price than the schedule.
		for s := range set.Len() {
			short[t] += set.Probability(s) * max(0, set.At("balancing", s, t)-λ)
			long[t] += set.Probability(s) * max(0, λ-set.At("balancing", s, t))
		}
	}
	calendar := market.Calendar{Steps: set.Steps()}
	tariff := der.Tariff{Injection: buy.Times(0.7), Withdrawal: buy.Times(0.8)}
	return trigrid.Region{
		Name: "two towns",
		// Two VPPs of equal tariffs: the careful one weighs the CVaR of
		// imbalance fully.
		VPPs: []vpp.VPP{
			{Name: "careful", Demand: "load1", RiskAversion: 1, PassThrough: 0.5, Tariff: tariff},
			{Name: "bold", Demand: "load2", RiskAversion: 0.3, PassThrough: 0.5, Tariff: tariff},
		},
		DERs: []der.DER{
			&der.Wind{ID: "wind", Available: "wind", Maintenance: 2},
			&der.PV{ID: "sun", Available: "sun", Maintenance: 1},
			// A start costs 60 USD and lasts four hours, so that commitments
			// matter.
			&der.Thermal{
				ID: "gas", MinOutput: 2, MaxOutput: 6, RampUp: optional.Of(3.0), RampDown: optional.Of(3.0), MinUp: 4, MinDown: 3,
				NoLoad: 20, Linear: 20, StartUp: []der.StartCost{{Cost: 60}}, EmissionFactor: 0.4, Quota: 0.35,
			},
			&der.Storage{ID: "battery", Charge: 2, Discharge: 2, Energy: 6, Initial: optional.Of(3.0), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, Wear: 2},
		},
		Setting: vpp.Setting{
			Set: set, Weights: weights.Vector{Economic: 0.4, Risk: 0.2, Environment: 0.4}, Risk: vpp.CVaR{Confidence: 0.8},
			// The expected imbalance is a cost of the plan, too, and not only
			// its tail.
			Modelling: vpp.Modelling{ImbalanceAccounting: vpp.InEconomicToo},
			Markets: vpp.Markets{
				Electricity: &market.Tariff{Calendar: calendar, Buy: buy, Sell: price},
				Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: short, Long: long},
				Carbon:      market.Flat(market.Carbon, calendar, 15), Certificate: market.Flat(market.Certificate, calendar, 4),
				Obligation: market.Obligation{Quota: 0.2}, GridEmission: market.Series{0.35},
			},
		},
	}, nil
}
