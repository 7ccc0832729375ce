package guides_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/weights"
)

// quantiles is a source whose wind has the quantiles 10, 50 and 90 % of a
// weather service: here 60, 100 and 130 % of the forecast.
type quantiles struct{ operate.Source }

// Known implements operate.Source. A strategy with scenarios has three,
// whatever number n it wants.
func (q quantiles) Known(ctx context.Context, at time.Time, grid scenario.Grid, n int) (*scenario.Set, error) {
	point, err := q.Source.Known(ctx, at, grid, 1)
	if err != nil || n == 1 {
		return point, err
	}
	set, err := scenario.New(grid, []float64{0.3, 0.4, 0.3})
	if err != nil {
		return nil, err
	}
	for _, name := range point.Names() {
		paths := [][]float64{{}, {}, {}}
		for t, value := range point.Path(name, 0) {
			for k, factor := range []float64{0.6, 1, 1.3} {
				if name != "wind" || !grid.Time(t).After(at) { // a step that has begun has its actual value
					factor = 1
				}
				paths[k] = append(paths[k], factor*value)
			}
		}
		if err := set.Add(name, point.Unit(name), paths); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// The days of the case with a source and strategies of the caller, and with a
// policy.
func Example_season_source() {
	c, err := casefile.Load(os.DirFS("season"), "case.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	season, options, _, err := operate.FromCase(c, casefile.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	season.Source = quantiles{season.Source}
	careful := operate.Robust(1, 1) // one value of a worst day deviates
	careful.Name = "careful"
	byQuantiles := operate.RollingScenarios(1, 3)
	byQuantiles.Name = "quantiles"
	two, err := operate.Compare(context.Background(), season, options, careful, byQuantiles)
	if err != nil {
		fmt.Println(err)
		return
	}
	options.Strategy, options.Policy = byQuantiles, weights.Directional()
	options.Strategy.Name = "quantiles, policy"
	policy, err := operate.Run(context.Background(), season, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := operate.CompareResults(two.Strategies[0].Result, two.Strategies[1].Result, policy)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range all.Strategies {
		fmt.Printf("%-17s cost %5.0f\n", s.Strategy.Name, s.Cost)
	}
	d, err := all.Difference("quantiles", "quantiles, policy")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("fixed weights less policy: %.0f ± %.0f per day\n", d.Mean, d.Half)
	for _, day := range policy.Days {
		fmt.Printf("day %d: clean share %.2f, weights %v\n", day.Number, day.Signals.CleanShare, day.Weights)
	}
	// Output:
	// careful           cost  -365
	// quantiles         cost  -784
	// quantiles, policy cost  -784
	// fixed weights less policy: 0 ± 0 per day
	// day 1: clean share 0.94, weights economic 0.266667, risk 0.466666, environment 0.266667
	// day 2: clean share 0.92, weights economic 0.45, risk 0.35, environment 0.2
	// day 3: clean share 0.91, weights economic 0.45, risk 0.35, environment 0.2
}
