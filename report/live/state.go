package live

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trigrid/trigrid"
)

// Status is the phase of a run on its page.
type Status string

// The phases, in their order. A run ends as Done, Cut or Failed.
const (
	Waiting Status = "waiting" // no report yet
	Running Status = "running"
	Done    Status = "done"
	Cut     Status = "cut" // the budget or an interrupt ended the run, with a result
	Failed  Status = "failed"
)

// Ended reports whether the run is over.
func (s Status) Ended() bool { return s == Done || s == Cut || s == Failed }

// State is the state of a run as JSON. Values that are not known are null.
// Amounts are in the currency of the case, durations in seconds.
type State struct {
	Region string        `json:"region"`
	Status Status        `json:"status"`
	Stage  trigrid.Stage `json:"stage"`
	Done   int           `json:"done"`  // programs or steps of the stage
	Total  int           `json:"total"` // 0: open, in a search

	// Program is the one that has been in work for the longest time; null:
	// none.
	Program *Program `json:"program"`

	// Profile is the best profile so far with its welfare, and the highest
	// welfare that any profile can have.
	Profile trigrid.Profile `json:"profile"`
	Welfare *float64        `json:"welfare"`
	Bound   *float64        `json:"welfare_bound"`

	Elapsed   float64  `json:"elapsed_s"`
	Remaining *float64 `json:"remaining_s"` // of the stage

	Result *Summary `json:"result"` // after the end
	Error  string   `json:"error"`

	// Text has the rows of the page in words, by their keys.
	Text map[string]string `json:"text"`
}

// Program is a program in work.
type Program struct {
	VPP     string   `json:"vpp"`
	Members []string `json:"members"`
	Working float64  `json:"working_s"`
	Best    *float64 `json:"best"`  // objective of the best plan so far
	Bound   *float64 `json:"bound"` // of the objective
}

// Summary is the main part of a result.
type Summary struct {
	Verdict        string             `json:"verdict"`
	Proven         bool               `json:"proven"` // of Verdict
	Recommendation string             `json:"recommendation"`
	Explanation    string             `json:"explanation"`
	Profile        trigrid.Profile    `json:"profile"` // recommended; null: none is feasible
	Welfare        *float64           `json:"welfare"`
	Payoffs        map[string]float64 `json:"payoffs"` // by DER; empty without an allocation
	Files          []string           `json:"files"`   // result and report
}

// row is one row of the page.
type row struct{ Key, Heading, Text string }

// progress returns the state of a running program.
//
// Numbers that the run does not have yet are infinite or NaN in a report and
// null in the state.
func progress(region string, p trigrid.Progress) State {
	s := State{
		Region: region, Status: Running, Stage: p.Stage, Done: p.Done, Total: p.Total,
		Profile: p.Profile, Welfare: known(p.Welfare), Bound: known(p.WelfareBound), Elapsed: p.Elapsed.Seconds(),
	}
	if p.Remaining >= 0 {
		s.Remaining = known(p.Remaining.Seconds())
	}
	if p.VPP != "" {
		s.Program = &Program{p.VPP, slices.Clone(p.Members), p.Working.Seconds(), known(p.Best), known(p.Bound)}
		if s.Program.Members == nil {
			s.Program.Members = []string{}
		}
	}
	return s
}

// ended returns the state after the end, from the last one.
//
// A result that is cut can come with the error of an interrupt. Any other error
// is a failure.
func ended(s State, res *trigrid.Result, err error, files []string) State {
	s.Status, s.Program, s.Remaining = Done, nil, nil
	if res == nil || err != nil && !res.Cut {
		s.Status = Failed
	} else if res.Cut {
		s.Status = Cut
	}
	// The error of a run that is cut is the interrupt, which the status states.
	if s.Status == Failed && err != nil {
		s.Error = err.Error()
	}
	if res == nil {
		return s
	}
	out := &Summary{Verdict: res.Game.Verdict, Proven: res.Game.Proven, Payoffs: map[string]float64{}, Files: slices.Clone(files)}
	for _, d := range res.DERs {
		// Without an allocation the payoffs are 0 and mean nothing. JSON
		// rejects NaN.
		if len(res.Settlement) > 0 && known(d.Payoff) != nil {
			out.Payoffs[d.Name] = d.Payoff
		}
	}
	if rec := res.Recommendation; rec != nil {
		out.Recommendation, out.Explanation = string(rec.Reason), rec.Explanation
		if len(res.Settlement) > 0 { // otherwise no profile is known to be feasible
			out.Profile, out.Welfare = rec.Profile, known(rec.Welfare)
			s.Bound = known(rec.Bound)
		}
	}
	s.Result = out
	return s
}

// known returns nil for the values that JSON lacks, and for the bound that
// stands for none.
func known(x float64) *float64 {
	if math.IsNaN(x) || math.Abs(x) >= math.MaxFloat64 {
		return nil
	}
	return &x
}

// rows returns the rows of the page, always the same keys in the same order.
func (s State) rows() []row {
	return []row{
		{"status", "Run", s.status()},
		{"stage", "Stage", s.stage()},
		{"program", "Program in work", s.program()},
		{"value", "Its value", s.value()},
		{"profile", "Best profile so far", profile(s.Profile)},
		{"welfare", "Its welfare", amounts("", s.Welfare, s.Bound)},
		{"time", "Time", s.time()},
	}
}

// status returns the phase in words, such as "failed: no solver is installed".
func (s State) status() string {
	switch {
	case s.Status == Cut:
		return "cut: the run ended before all verdicts were proven"
	case s.Error != "":
		return "failed: " + s.Error
	}
	return string(s.Status)
}

// stage returns the stage with its progress, such as "coalitions, 32 of 64
// done". Stages of one step have no numbers.
func (s State) stage() string {
	switch {
	case s.Stage == "":
		return none
	case s.Total > 1:
		return fmt.Sprintf("%s, %d of %d done", s.Stage, s.Done, s.Total)
	case s.Total == 0:
		return fmt.Sprintf("%s, %d programs solved", s.Stage, s.Done)
	}
	return string(s.Stage)
}

// program returns the program in work, such as "VPP1 {W1 T1} for 3s".
func (s State) program() string {
	if s.Program == nil {
		return none
	}
	return fmt.Sprintf("%s {%s} for %s", s.Program.VPP, strings.Join(s.Program.Members, " "), seconds(s.Program.Working))
}

// value returns the objective of the program in work with its bound.
func (s State) value() string {
	if s.Program == nil {
		return none
	}
	return amounts("best ", s.Program.Best, s.Program.Bound)
}

// time returns the time since the start, with an estimate of the rest of the
// stage if it has made progress, and otherwise the rest of the budget.
func (s State) time() string {
	text := seconds(s.Elapsed)
	switch {
	case s.Remaining == nil || *s.Remaining <= 0:
	case s.Done > 0 && s.Total > 0:
		text += fmt.Sprintf(", about %s left in this stage", seconds(*s.Remaining))
	default: // no estimate, but the rest of the budget
		text += fmt.Sprintf(", at most %s left", seconds(*s.Remaining))
	}
	return text
}

// none is the text for "nothing yet".
const none = "–"

// amounts returns a value and its bound in words, such as "best -123.40, at
// most -120.00".
func amounts(name string, value, bound *float64) string {
	if value == nil {
		return none
	}
	text := name + money(*value)
	if bound != nil {
		text += ", at most " + money(*bound)
	}
	return text
}

// money returns an amount with two decimals. One that rounds to zero has no
// sign.
func money(v float64) string {
	text := fmt.Sprintf("%.2f", v)
	if text == "-0.00" {
		return "0.00"
	}
	return text
}

// profile returns a profile by its choices, one per line: "VPP1: T1 W1". The
// outside option is last.
func profile(p trigrid.Profile) string {
	if len(p) == 0 {
		return none
	}
	members := map[string][]string{}
	for _, name := range names(p) {
		members[p[name]] = append(members[p[name]], name)
	}
	var lines []string
	for _, choice := range names(members) {
		if choice != trigrid.Outside {
			lines = append(lines, choice+": "+strings.Join(members[choice], " "))
		}
	}
	if out := members[trigrid.Outside]; out != nil {
		lines = append(lines, trigrid.Outside+": "+strings.Join(out, " "))
	}
	return strings.Join(lines, "\n")
}

// names returns the keys of a map in their order.
func names[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

// seconds returns a duration in words, rounded to seconds.
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}
