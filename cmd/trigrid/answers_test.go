package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/testsolver"
)

// answer is one case file with its right outcome.
type answer struct {
	file   string
	args   []string // further flags; %s stands for the folder of the cases
	right  string
	source string
	check  func(res *trigrid.Result, out string, err error) (found string, ok bool)
}

// run runs the command on the case and checks the outcome.
func (a answer) run(t *testing.T) (found string, ok bool) {
	folder := filepath.Join("testdata", "cases")
	path := filepath.Join(t.TempDir(), "result.json")
	args := []string{"-case", filepath.Join(folder, a.file+".json"), "-json", path}
	for _, arg := range a.args {
		args = append(args, strings.ReplaceAll(arg, "%s", folder))
	}
	out, err := execute(t, args...)
	testsolver.Skip(t, err)
	var res *trigrid.Result
	if err == nil {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &res))
	} else {
		_, missing := os.Stat(path)
		assert.True(t, errors.Is(missing, os.ErrNotExist), "%s: a failed run writes nothing", a.file)
	}
	return a.check(res, out, err)
}

// runAll runs all answers and prints one line for each.
func runAll(t *testing.T, list []answer) {
	for _, a := range list {
		t.Run(a.file, func(t *testing.T) {
			found, ok := a.run(t)
			t.Logf("right: %s | source: %s | found: %s", a.right, a.source, found)
			if !ok {
				t.Errorf("%s: right is %s, found %s", a.file, a.right, found)
			}
		})
	}
}

// of returns the plan of the first VPP with the members, or with all DERs if
// none is named.
func of(res *trigrid.Result, members ...string) *trigrid.Achievement {
	for k := range res.Coalitions {
		c := &res.Coalitions[k]
		if c.VPP != res.VPPs[0].Name {
			continue
		}
		if members == nil && len(c.Members) == len(res.DERs) || members != nil && slices.Equal(c.Members, members) {
			return c
		}
	}
	return nil
}

// near reports whether two amounts are equal up to the gap of a run.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-4*max(1, math.Abs(b)) }

// objective checks the objective of the plan with the members, see of.
func objective(want float64, members ...string) func(*trigrid.Result, string, error) (string, bool) {
	return func(res *trigrid.Result, _ string, err error) (string, bool) {
		switch {
		case err != nil:
			return err.Error(), false
		case of(res, members...) == nil:
			return fmt.Sprint("no such plan; infeasible: ", res.Infeasible), false
		}
		found := of(res, members...).Value.Objective
		return fmt.Sprintf("%.6g", found), near(found, want)
	}
}

// environment checks the environment term of the plan with all DERs.
func environment(want float64) func(*trigrid.Result, string, error) (string, bool) {
	return func(res *trigrid.Result, _ string, err error) (string, bool) {
		if err != nil {
			return err.Error(), false
		}
		found := of(res).Value.Environment
		return fmt.Sprintf("%.6g", found), near(found, want)
	}
}

// empty checks that every VPP proposes no DER and that the run has a
// recommendation with the given value of the first VPP.
func empty(vpps []string, value float64) func(*trigrid.Result, string, error) (string, bool) {
	return func(res *trigrid.Result, _ string, err error) (string, bool) {
		if err != nil {
			return err.Error(), false
		}
		ok := res.Recommendation.Reason != trigrid.NothingFeasible
		found := fmt.Sprintf("recommendation by %s", res.Recommendation.Reason)
		for _, v := range res.VPPs {
			found += fmt.Sprintf("; %s proposes %v, value %.6g", v.Name, v.Scheme, v.Integrated)
			for _, name := range vpps {
				ok = ok && (v.Name != name || len(v.Scheme) == 0)
			}
		}
		return found, ok && (math.IsNaN(value) || near(res.VPPs[0].Integrated, value))
	}
}

// refused checks that the case is refused with all the texts, each with its
// path.
func refused(texts ...string) func(*trigrid.Result, string, error) (string, bool) {
	return func(_ *trigrid.Result, _ string, err error) (string, bool) {
		if err == nil {
			return "accepted", false
		}
		ok := true
		for _, text := range texts {
			ok = ok && strings.Contains(err.Error(), text)
		}
		return strings.ReplaceAll(err.Error(), "\n", " / "), ok
	}
}

// warned checks that the run answers, with all the texts among its warnings.
func warned(texts ...string) func(*trigrid.Result, string, error) (string, bool) {
	return func(res *trigrid.Result, _ string, err error) (string, bool) {
		if err != nil {
			return err.Error(), false
		}
		warnings, ok := strings.Join(res.Warnings, " / "), true
		for _, text := range texts {
			ok = ok && strings.Contains(warnings, text)
		}
		return fmt.Sprintf("%d warnings: %s", len(res.Warnings), warnings), ok
	}
}

// answered checks that the run has a recommendation that settles to zero, and
// the further condition.
func answered(further func(res *trigrid.Result, out string) (string, bool)) func(*trigrid.Result, string, error) (string, bool) {
	return func(res *trigrid.Result, out string, err error) (string, bool) {
		if err != nil {
			return err.Error(), false
		}
		var sum int64
		for _, line := range res.Settlement {
			sum += line.Minor
		}
		found := fmt.Sprintf("%s, welfare %.6g, settlement sums to %d", res.Recommendation.Reason, res.Recommendation.Welfare, sum)
		ok := res.Recommendation.Reason != trigrid.NothingFeasible && sum == 0 && len(res.Settlement) > 0
		if further == nil {
			return found, ok
		}
		more, fine := further(res, out)
		return found + "; " + more, ok && fine
	}
}

// listed checks that the run answers and lists an infeasible coalition with the
// texts in its reason.
func listed(texts ...string) func(res *trigrid.Result, out string) (string, bool) {
	return func(res *trigrid.Result, _ string) (string, bool) {
		if len(res.Infeasible) == 0 {
			return "no infeasible coalition", false
		}
		ok := true
		for _, text := range texts {
			ok = ok && strings.Contains(res.Infeasible[0].Reason, text)
		}
		return fmt.Sprintf("%d infeasible, the first: %s", len(res.Infeasible), res.Infeasible[0].Reason), ok
	}
}

// strictRows returns the rows of strict equilibria.
func strictRows(res *trigrid.Result) (rows []trigrid.Equilibrium) {
	for _, e := range res.Game.Nash {
		if e.Kind == "strict" {
			rows = append(rows, e)
		}
	}
	return rows
}

// Cases on which a run once gave no answer, each with its right outcome.
//
// Programs with switched heat and power take the whole budget. TRIGRID_SLOW=1
// gives them the default one.
func TestAnswersTable(t *testing.T) {
	const hand = "hand calculation"
	short := []string{"-budget", "8s"}
	slow := os.Getenv("TRIGRID_SLOW") != ""
	if slow {
		short = nil
	}
	// A short budget gives an answer, whose values depend on the load of the
	// machine.
	whole := func(further func(res *trigrid.Result, out string) (string, bool)) func(*trigrid.Result, string, error) (string, bool) {
		if slow {
			return answered(further)
		}
		return answered(nil)
	}
	runAll(t, []answer{
		{"wind-dearer-than-market", nil, "no DER is wanted, value -720", hand + ": 2 MW · 4 h · 90", empty([]string{"Hill"}, -720)},
		{"calm-day", nil, "no DER is wanted", hand + ": a DER without energy adds nothing", empty([]string{"Hill"}, math.NaN())},
		{"battery-at-flat-price", nil, "no DER is wanted", hand + ": losses at a flat price", empty([]string{"Hill"}, math.NaN())},
		{"one-vpp-wants-no-der", nil, "a recommendation", hand, answered(nil)},
		{"export-limit-zero", nil, "0", hand + ": nothing may be sold", objective(0)},
		{"import-limit-zero", nil, "the VPP cannot run alone", hand + ": 2 MW of demand without import", func(res *trigrid.Result, _ string, err error) (string, bool) {
			if err != nil {
				return err.Error(), false
			}
			return fmt.Sprintf("%d infeasible: %v", len(res.Infeasible), res.Infeasible), len(res.Infeasible) > 0
		}},
		{"ramp-zero", nil, "-140", "continuity: the ramp limits the stop as well, and a ramp of 0.001 MW/h gives -139.9", objective(-140, "Stack")},
		{"ramp-zero-free-stop", nil, "-32", "glpsol; a stop is allowed from any output", objective(-32, "Stack")},
		{"reduction-zero", nil, "-890", hand + ": 2 MW · (400 + 15 + 15 + 15)", objective(-890, "Shop")},
		{"rebound-limit-zero", nil, "-890", hand + ": no reduction without rebound", objective(-890, "Shop")},
		{"reduction-hours-zero", nil, "-890", hand + ": 2 MW · (400 + 15 + 15 + 15)", objective(-890, "Shop")},
		{"rebound-ratio-zero", nil, "0", hand + ": reduced energy does not return", objective(0, "Shop")},
		{"reduction-share-zero", nil, "-890", hand + ": 2 MW · (400 + 15 + 15 + 15)", objective(-890, "Shop")},
		{"calls-zero", nil, "-890", hand + ": 2 MW · (400 + 15 + 15 + 15)", objective(-890, "Shop")},
		{"storage-starts-zero", nil, "0", hand + ": the battery never starts", objective(0, "Cell")},
		{"name-with-slash", nil, "refused with a path", "names of the ledger", refused(".name")},
		{"name-of-65-bytes", nil, "refused with a path", "names of the ledger", refused(".name", "65")},
		{"probability-zero", nil, "one violation", hand, func(_ *trigrid.Result, _ string, err error) (string, bool) {
			if err == nil {
				return "accepted", false
			}
			lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
			return fmt.Sprintf("%d: %q", len(lines), lines), len(lines) <= 2 && strings.Contains(err.Error(), "probabilities[1]")
		}},
		{"byte-order-mark", nil, "read", "RFC 8259, section 8.1, allows readers to ignore it", answered(nil)},
		{"community", nil, "the strict profile of the highest welfare, -9106", "enumeration", answered(func(res *trigrid.Result, _ string) (string, bool) {
			strict := strictRows(res)
			best := math.Inf(-1)
			for _, e := range strict {
				best = max(best, e.Welfare)
			}
			return fmt.Sprintf("%d strict, best %.6g", len(strict), best), len(strict) > 0 && near(res.Recommendation.Welfare, best)
		})},
		{"heat", short, "an answer within the default budget", "definition", answered(nil)},
		{"heat-district", short, "the district is heated, every member paid at least its cost", "issue: serving costs a sixth of -33550", whole(func(res *trigrid.Result, _ string) (string, bool) {
			heated, paid := 0.0, true
			for _, v := range res.VPPs {
				heated += v.Integrated
			}
			for _, d := range res.DERs {
				if d.Choice != trigrid.Outside {
					paid = paid && d.Payoff >= d.Otherwise[trigrid.Outside]-2*d.Tolerance-1e-6
				}
			}
			return fmt.Sprintf("values sum to %.6g, payoffs at least those outside: %v; %v", heated, paid, res.Recommendation.Profile), paid && res.Recommendation.Profile["district"] != trigrid.Outside && res.Recommendation.Welfare > -33_550
		})},
		{"load-must-be-served", nil, "infeasible coalitions with step, scenario and amount", hand, answered(listed("step", "scenario"))},
		{"import-limit-too-small", nil, "infeasible coalitions with step, scenario and amount", hand, answered(listed("step", "scenario"))},
		{"heat-must-be-served", short, "infeasible coalitions with step, scenario and amount", hand, whole(listed("step", "scenario"))},
		{"quarter-hours", nil, "an answer", "control", answered(nil)},
		{"thermal", nil, "an answer", "control", answered(nil)},
		{"kw-as-mw", nil, "a warning with the magnitude", "definition", warned("charge_mw: 250 MW")},
		{"price-per-kwh", nil, "a warning with the magnitude", "definition", warned("per_mwh")},
		{"small-coefficients", nil, "a warning, and one strict profile with an idle DER", "definition", answered(func(res *trigrid.Result, _ string) (string, bool) {
			return fmt.Sprintf("%d warnings, %d strict of %d rows", len(res.Warnings), len(strictRows(res)), len(res.Game.Nash)), len(res.Warnings) > 0 && len(strictRows(res)) == 1 && len(res.Game.Nash) == 1
		})},
		{"sigma-in-percent", nil, "refused with path and range", "definition", refused("$.scenarios.series[0].error_sigma", "a share of the forecast", "0.20 for 20 %")},
		{"wrong-series", nil, "refused with path", "definition", refused("$.ders[0].available", "the demand of")},
		{"typos", nil, "all violations at once", "definition", refused("$.weights", "charge_efficiency", "names of VPPs and DERs must differ", "min_up: unknown key")},
		{"arbitrage", nil, "refused or warned", "buying to sell earns", func(res *trigrid.Result, out string, err error) (string, bool) {
			if err != nil {
				return refused("sell_fraction")(res, out, err)
			}
			return warned("arbitrage")(res, out, err)
		}},
		{"electric-cars", nil, "-211.6201595 with all DERs", "a kind of its own program on the same case, charge and discharge at once allowed", objective(-211.6201595)},
		{"electric-cars", nil, "-432.2019533 with the cars", "the same", objective(-432.2019533, "cars")},
		{"many-ders", nil, "refused with the key", "definition", refused("$.sharing", `want "sampled_shapley"`)},
		{"identical-turbines", short, "one class, each equilibrium once up to the swap", "definition", whole(func(res *trigrid.Result, _ string) (string, bool) {
			rows := map[string]bool{} // with the choices of the turbines in order
			for _, e := range res.Game.Nash {
				turbines := []string{e.Profile["gt1"], e.Profile["gt2"]}
				slices.Sort(turbines)
				rows[fmt.Sprint(turbines, e.Profile["wind"], e.Profile["bat"])] = true
			}
			return fmt.Sprintf("classes %v, %d rows, %d up to the swap", res.IdenticalDERs, len(res.Game.Nash), len(rows)), len(res.IdenticalDERs) == 1 && len(rows) == len(res.Game.Nash) && len(rows) > 0
		})},
	})
}

// Case files that a well-informed guess reads wrongly, each with its right
// value.
func TestRightTable(t *testing.T) {
	const hand = "hand calculation"
	hourly := []string{"-series", "%s/hourly.csv"}
	resampled := func(res *trigrid.Result, out string, err error) (string, bool) {
		if err != nil {
			return refused("step")(res, out, err)
		}
		return objective(11_160)(res, out, err)
	}
	runAll(t, []answer{
		{"hourly-series", hourly, "11160", hand + ": 24 h · 15.5 MW · 30", objective(11_160)},
		{"hourly-series-half-hours", hourly, "11160 or refused", "power is averaged, not laid over steps", resampled},
		{"hourly-series-quarter-hours", hourly, "11160 or refused", "power is averaged, not laid over steps", resampled},
		{"hourly-series-two-hours", hourly, "11160 or refused", "power is averaged, not laid over steps", resampled},
		{"quadratic-cost", nil, "-20", hand + ": 0.2 · 10²", objective(-20)},
		{"quadratic-cost-small-price", nil, "18.05", hand + ": (3.8 − 0.2 p) p at p = 9.5", objective(18.05, "Stack")},
		{"certificates-on-load-of-vpp", nil, "320", hand + ": (16 − 0.25 · 32) · 40", environment(320)},
		{"certificates-on-load-of-der", nil, "320", hand + ": the obligation counts all load", environment(320)},
		{"wide-errors-of-load", nil, "demand at or above 0, or refused", "physical range", answered(nil)},
		{"wide-errors-of-wind", nil, "refused, or truncated", "physical range", func(res *trigrid.Result, out string, err error) (string, bool) {
			if err != nil {
				return refused("$.scenarios.series")(res, out, err)
			}
			return answered(nil)(res, out, err)
		}},
		{"window-over-midnight", nil, "a window of 13 hours, or refused with the path", "definition", func(res *trigrid.Result, out string, err error) (string, bool) {
			if err != nil {
				return refused("$.ders[1].from_h: is 18, after to_h, 7")(res, out, err)
			}
			return answered(nil)(res, out, err)
		}},
		{"storage-on-day-of-25-hours", nil, "80", hand + ": 1 MW bought at 10, sold at 90", objective(80, "Cell")},
		{"ladder-on-day-of-25-hours", nil, "an answer: one day of 25 hours", "definition", answered(nil)},
		{"negative-price-sell-fraction", nil, "an answer", "definition", answered(nil)},
		{"rebound-ratio-tiny", nil, "-30 within 1e-4", "limit of the ratios 1e-6 and 1e-7", func(res *trigrid.Result, _ string, err error) (string, bool) {
			if err != nil {
				return err.Error(), false
			}
			return fmt.Sprintf("%.8g", of(res, "Shop").Value.Objective), math.Abs(of(res, "Shop").Value.Objective+30) <= 1e-4
		}},
		{"learned-errors", []string{"-series", "%s/learned-with-planned-day.csv"}, "48192", "the series without the planned day", objective(48_192)},
		{"learned-errors", []string{"-series", "%s/learned-without.csv"}, "48192", "the same errors", objective(48_192)},
	})
}

// A name that a spreadsheet would take for a formula is quoted in the tables of
// a report.
func TestRightFormulaNames(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "report")
	_, err := execute(t, "-case", "testdata/cases/name-of-a-formula.json", "-report", folder)
	if err != nil {
		assert.ErrorContains(t, err, ".name")
		return
	}
	quoted := 0
	require.NoError(t, filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		require.NoError(t, err)
		if filepath.Ext(path) == ".csv" {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
			require.NoError(t, err)
			for _, row := range rows {
				for _, cell := range row {
					quoted += strings.Count(cell, "'=1+1")
					assert.False(t, strings.HasPrefix(cell, "="), "%s: %q", path, row)
				}
			}
		}
		return nil
	}))
	assert.Positive(t, quoted)
}
