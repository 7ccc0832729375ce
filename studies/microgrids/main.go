// Command microgrids runs controllers through the 25 published microgrids of
// pymgrid and prints their costs beside the published ones.
//
//	go run ./studies/microgrids -grids 0,4,6,11,12,14,16 -rules
//	go run ./studies/microgrids -all
//	go run ./studies/microgrids -all -tune
//
// The microgrids are the files of FOLDER/pymgrid25, and FOLDER is that of
// -data. Package microgrid has the rules, the controllers and their sources.
// Costs are those of hours 5854 to 8735.
//
// A run prints one table per controller, with our cost, the published cost and
// their difference for each microgrid, and ends with the source. Figures
// outside their tolerance are errors of the command, after all tables. For
// example, rules that cost 0.03 more than published on microgrid 4 end the
// command with an error that names the microgrid and both costs.
//
// With -tune, the command chooses the options of the stochastic controller
// instead. It reads hours 0 to 5853 only, and prints the costs of all
// candidates.
//
// With -twostage n, a sample average approximation with n scenarios per hour
// runs beside the stochastic controller, from the same distributions.
//
// The published columns are rule-based control, planning with a perfect
// forecast of 24 hours, and sample average approximation (SAA) at three errors
// of the forecast. Ours stands beside the best of the three totals of SAA,
// which is that of saa_50.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/internal/command"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/studies/microgrids/microgrid"
)

func main() { command.Main(run) }

// source names the published microgrids.
const source = "github.com/Total-RD/pymgrid at commit 7bf39516e1e91b6fe5dbe22ea2eb6caeb5ac6fb8, " +
	"folder src/pymgrid/data/scenario/pymgrid25"

// count is the number of published microgrids.
const count = 25

// seeded are the microgrids with the most room between the published columns,
// which run with several seeds.
var seeded = []int{1, 9, 12, 16, 24}

// study is the choice of the flags.
//
// Controllers run if their flag is set: rules, perfect, stochastic. Without any
// flag, the first two run. Tune excludes them.
type study struct {
	// The microgrids in the order of -grids, with all series.
	grids                      []*microgrid.Grid
	rules, perfect, stochastic bool
	tune                       bool
	ties                       []microgrid.Ties
	options                    microgrid.Options
	seeds, check, workers      int
	scenarios                  int    // of the two-stage controller, 0 for none
	first                      uint64 // seed
	progress                   func(string)
}

// run parses the flags, reads the microgrids and prints the tables.
//
// Without the data, it prints one line with their source and returns no error,
// so that a checkout without them passes. A file that is present but broken is
// an error.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("microgrids", flag.ContinueOnError)
	var x study
	var (
		folder = cmp.Or(os.Getenv("TRIGRID_DATA"), "../shared/data")
		data   = flags.String("data", folder, "`folder` of the published microgrids, which has them in pymgrid25 or directly")
		list   = flags.String("grids", "0,4,6,11,12,14,16", "microgrids to run, `numbers` from 0 to 24 with commas")
		all    = flags.Bool("all", false, "run all microgrids and all controllers")
		ties   = flags.String("ties", "late", "`choice` among equally cheap plans: late, early, middle, or all for three columns")
	)
	flags.BoolVar(&x.rules, "rules", false, "run the rule-based controller")
	flags.BoolVar(&x.perfect, "perfect", false, "run the controller with a perfect forecast of 24 hours")
	flags.BoolVar(&x.stochastic, "stochastic", false, "run the controller with learned distributions")
	flags.BoolVar(&x.tune, "tune", false, "choose the options of the stochastic controller on hours 0 to 5853, and print the costs of all choices")
	flags.IntVar(&x.scenarios, "twostage", 0, "scenarios of a two-stage controller that -stochastic runs beside it, `n`")
	flags.IntVar(&x.seeds, "seeds", 3, "seeds of the stochastic controller on microgrids 1, 9, 12, 16 and 24, `n`; the others have one")
	flags.Uint64Var(&x.first, "seed", 0, "first `seed` of the stochastic controller")
	flags.IntVar(&x.check, "check", 0, "windows per microgrid that HiGHS solves as well, `n`")
	flags.IntVar(&x.workers, "workers", 1, "microgrids run at a time, `n`")
	flags.IntVar(&x.options.Horizon, "horizon", 0, "hours ahead of the stochastic controller, `n` (default 24)")
	flags.IntVar(&x.options.Levels, "levels", 0, "energies of the stochastic controller, `n` (default 41)")
	if err := command.Parse(flags, args, stderr); err != nil {
		return err
	}
	ids, err := numbers(*list)
	// -all overrides -grids, even if its list is invalid.
	if *all {
		x.rules, x.perfect, x.stochastic, ids, err = true, true, true, nil, nil
		for id := range count {
			ids = append(ids, id)
		}
	}
	if err != nil {
		return err
	}
	if x.ties, err = tiesOf(*ties); err != nil {
		return err
	}
	if x.seeds < 1 || x.workers < 1 || x.check < 0 || x.scenarios < 0 {
		return command.Misused("-seeds is %d, -workers is %d, -check is %d and -twostage is %d, want at least 1, 1, 0 and 0",
			x.seeds, x.workers, x.check, x.scenarios)
	}
	if !x.rules && !x.perfect && !x.stochastic && !x.tune && x.check == 0 {
		x.rules, x.perfect = true, true
	}
	if x.grids, err = read(*data, ids); err != nil {
		return err
	}
	if len(x.grids) == 0 {
		// Without data, the study names their source.
		_, err := fmt.Fprintf(stdout, "There are no published microgrids in %s. They are at %s: convert them to "+
			"microgrid_NN.json and microgrid_NN.csv.gz in a folder pymgrid25, and name the folder that has it with -data.\n",
			*data, source)
		return err
	}
	// Progress goes to the error stream, and only to a terminal.
	line := command.NewLine(stderr)
	x.progress = line.Draw
	show := x.tables
	if x.tune {
		show = x.tuned
	}
	tables, failed := show(ctx)
	line.Clear()
	// A figure outside its tolerance has complete tables; any other error has
	// none.
	if failed != nil && tables == "" {
		return failed
	}
	_, err = fmt.Fprint(stdout, tables, "source of the published microgrids: ", source, "\n")
	return errors.Join(err, failed)
}

// numbers parses a list such as "0,4,12" of distinct microgrids.
func numbers(list string) ([]int, error) {
	var ids []int
	for word := range strings.SplitSeq(list, ",") {
		id, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || id < 0 || id >= count || slices.Contains(ids, id) {
			return nil, command.Misused("-grids has %q, want distinct numbers from 0 to %d with commas", word, count-1)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// tiesOf returns the ways to break ties that a name stands for.
func tiesOf(name string) ([]microgrid.Ties, error) {
	names := map[string][]microgrid.Ties{
		"late": {microgrid.Late}, "early": {microgrid.Early}, "middle": {microgrid.Middle},
		"all": {microgrid.Late, microgrid.Early, microgrid.Middle},
	}
	if t, ok := names[name]; ok {
		return t, nil
	}
	return nil, command.Misused("-ties is %q, want late, early, middle or all", name)
}

// read returns the microgrids of a folder, or none if the folder has no file of
// them. The error lists all that are missing or broken.
func read(folder string, ids []int) ([]*microgrid.Grid, error) {
	found := ""
	for _, place := range []string{filepath.Join(folder, "pymgrid25"), folder} {
		if files, _ := filepath.Glob(filepath.Join(place, "microgrid_*.json")); len(files) > 0 {
			found = place
			break
		}
	}
	if found == "" {
		return nil, nil
	}
	var bad faults.List
	var grids []*microgrid.Grid
	for _, id := range ids {
		g, err := microgrid.Read(found, id)
		bad.Add(err)
		grids = append(grids, g)
	}
	return grids, bad.Err()
}
