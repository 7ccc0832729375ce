package guides_test

import (
	"context"
	"fmt"
	"os"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/results"
)

// The case is the one of the guide: three days of half days, after three days
// to learn from.
func Example_season() {
	c, err := casefile.Load(os.DirFS("season"), "case.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	season, options, strategies, err := operate.FromCase(c, casefile.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	comparison, err := operate.Compare(context.Background(), season, options, strategies...)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range comparison.Strategies {
		fmt.Printf("%-20s cost %5.0f, lower bound %5.0f, imbalance %4.1f MWh\n", s.Strategy.Name, s.Cost, *s.Bound, s.ImbalanceMWh)
	}
	if err := kept(comparison); err != nil {
		fmt.Println(err)
	}
	// Output:
	// perfect foresight    cost -2113, lower bound -2113, imbalance  0.0 MWh
	// day ahead only       cost  -407, lower bound -2113, imbalance 53.5 MWh
	// rolling, 4 scenarios cost  -469, lower bound -2113, imbalance 51.7 MWh
}

// kept writes the table of a comparison and reads it back.
func kept(comparison *operate.Comparison) error {
	folder, err := os.MkdirTemp("", "season")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	var list []*operate.Result
	for _, s := range comparison.Strategies {
		list = append(list, s.Result)
	}
	if err := results.WriteSeasonFile(folder+"/season.parquet", list...); err != nil {
		return err
	}
	_, err = results.ReadSeasonFile(folder + "/season.parquet")
	return err
}
