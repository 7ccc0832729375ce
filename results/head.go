package results

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/internal/jsonfloat"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// Schema is the version of the table that this package writes, and the highest
// that it reads.
const Schema = 1

// head is the part of a run that is no table: metadata of a Parquet file, and
// the file beside a CSV file.
type head struct {
	Schema     int             `json:"schema"`
	Region     string          `json:"region"`
	Zone       string          `json:"zone"`  // of local times; "" without a calendar
	Start      time.Time       `json:"start"` // of step 0, UTC
	StepHours  stepHours       `json:"step_hours"`
	Steps      int             `json:"steps"`
	Scenarios  int             `json:"scenarios"`
	Result     *trigrid.Result `json:"result"`
	Timing     trigrid.Timing  `json:"timing"`
	Plans      []*solved       `json:"plans"`      // per VPP; null without a plan
	Trajectory trajectory      `json:"trajectory"` // of the dynamic

	Data []fingerprint `json:"data,omitempty"` // of the region; absent in files of older versions

	Cases []caseHead `json:"cases,omitempty"` // of a merged table, instead of all above
}

// stepHours are the lengths of the steps, hours: one number if they are equal,
// otherwise a list with one per step.
type stepHours []float64

// hoursOf returns the lengths of the steps of a grid.
func hoursOf(g scenario.Grid) stepHours {
	if step, ok := g.EqualSteps(); ok {
		return stepHours{step.Hours()}
	}
	out := make(stepHours, g.Steps)
	for t := range out {
		out[t] = g.HoursAt(t)
	}
	return out
}

// MarshalJSON implements [json.Marshaler].
func (x stepHours) MarshalJSON() ([]byte, error) {
	if len(x) == 1 {
		return json.Marshal(x[0])
	}
	return json.Marshal([]float64(x))
}

// UnmarshalJSON implements [json.Unmarshaler].
func (x *stepHours) UnmarshalJSON(text []byte) error {
	var one float64
	if err := json.Unmarshal(text, &one); err == nil {
		*x = stepHours{one}
		return nil
	}
	return json.Unmarshal(text, (*[]float64)(x))
}

// String returns the lengths for an error: "0.25 h", or "[0.1167 0.25] h".
func (x stepHours) String() string {
	if len(x) == 1 {
		return fmt.Sprintf("%v h", x[0])
	}
	return fmt.Sprintf("%.4g h", []float64(x))
}

// caseHead is a run in a merged table.
type caseHead struct {
	Case string          `json:"case"`
	Run  json.RawMessage `json:"run"`
}

// solved is the solution of a plan without its columns and rows.
type solved struct {
	Status     milp.Status   `json:"status"`
	Stopped    string        `json:"stopped"`   // reason, such as "optimal"
	Objective  number        `json:"objective"` // currency, maximised
	Bound      number        `json:"bound"`     // no plan has more
	Gap        number        `json:"gap"`       // relative
	Nodes      int64         `json:"nodes"`
	Iterations int64         `json:"iterations"`
	Time       time.Duration `json:"time"`    // nanoseconds
	Backend    string        `json:"backend"` // solver, version, build
}

// trajectory is an [evogame.Result] in JSON.
type trajectory struct {
	Verdict     evogame.Verdict   `json:"verdict"`
	Reason      string            `json:"reason"`
	Time        number            `json:"time"`
	Final       [][]number        `json:"final"` // probabilities by DER and choice
	Payoffs     [][]number        `json:"payoffs"`
	Profile     []int             `json:"profile"` // index of the choice; null if mixed
	Margin      number            `json:"margin"`
	Period      number            `json:"period"`
	Times       []number          `json:"times"`
	States      [][][]number      `json:"states"` // probabilities at Times
	Stability   evogame.Stability `json:"stability"`
	Steps       int               `json:"steps"`
	Rejected    int               `json:"rejected"`
	Evaluations int               `json:"evaluations"`
}

// number is a float64 that JSON cannot always hold.
//
// For example, the gap of a run without any plan is "+Inf", and the objective
// "NaN".
type number = jsonfloat.Float

// convert returns the elements of a slice in another type; nil stays nil.
func convert[A, B any](in []A, each func(A) B) []B {
	if in == nil {
		return nil
	}
	out := make([]B, len(in))
	for i, x := range in {
		out[i] = each(x)
	}
	return out
}

// Slices of numbers and back; a state has one list of probabilities per DER.
func numbers(x []float64) []number { return convert(x, func(f float64) number { return number(f) }) }

func floats(x []number) []float64      { return convert(x, func(f number) float64 { return float64(f) }) }
func table(x evogame.State) [][]number { return convert(x, numbers) }
func state(x [][]number) evogame.State { return convert(x, floats) }

// newHead returns the head of a run.
func newHead(r trigrid.Region, res *trigrid.Result) head {
	g := r.Setting.Set.Grid()
	x := res.Trajectory
	if x == nil { // of a region of fleets
		x = &evogame.Result{}
	}
	h := head{
		Schema: Schema, Region: res.Region, Zone: zone(g), Start: g.Start.UTC(), StepHours: hoursOf(g), Steps: g.Steps,
		Scenarios: r.Setting.Set.Len(), Result: res, Timing: res.Timing, Data: fingerprints(r),
		Trajectory: trajectory{
			x.Verdict, x.Reason, number(x.Time), table(x.Final), table(x.Payoffs), x.Profile, number(x.Margin), number(x.Period),
			numbers(x.Times), convert(x.States, table), x.Stability, x.Steps, x.Rejected, x.Evaluations,
		},
	}
	// A plan is rebuilt from the region and the rows; only the words of the
	// solver are kept here.
	for _, plan := range res.Plans {
		if plan == nil || res.Fleet != nil { // plans with classes as members have no rows
			h.Plans = append(h.Plans, nil)
			continue
		}
		s := plan.Solution
		h.Plans = append(h.Plans, &solved{
			s.Status, s.Stopped, number(s.Objective), number(s.Bound), number(s.Gap), s.Nodes, s.Iterations, s.Time, s.Backend,
		})
	}
	return h
}

// result returns the result of the head, with its trajectory and timing and
// without plans.
func (h *head) result() *trigrid.Result {
	res, x := h.Result, h.Trajectory
	res.Timing = h.Timing
	if res.Fleet != nil {
		return res
	}
	res.Trajectory = &evogame.Result{
		Verdict: x.Verdict, Reason: x.Reason, Time: float64(x.Time), Final: state(x.Final), Payoffs: state(x.Payoffs),
		Profile: x.Profile, Margin: float64(x.Margin), Period: float64(x.Period), Times: floats(x.Times),
		States: convert(x.States, state), Stability: x.Stability, Steps: x.Steps, Rejected: x.Rejected, Evaluations: x.Evaluations,
	}
	return res
}

// solution returns a solution without columns and rows.
func (s *solved) solution() milp.Solution {
	return milp.Solution{
		Status: s.Status, Stopped: s.Stopped, Objective: float64(s.Objective), Bound: float64(s.Bound), Gap: float64(s.Gap),
		Nodes: s.Nodes, Iterations: s.Iterations, Time: s.Time, Backend: s.Backend,
	}
}

// WriteHead writes the part of the run that is no table, as JSON. It belongs
// beside a CSV file.
func (t *Table) WriteHead(w io.Writer) error { return writeHead(w, &t.head) }

// writeHead writes the head of a run or of a season as one line of JSON,
// without escapes of <, > and &.
func writeHead(w io.Writer, h any) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	if err := out.Encode(h); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	return nil
}

// parseHead reads a head. It refuses a newer schema before it reads the rest,
// whose form it cannot expect.
func parseHead(data []byte) (*head, error) {
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("results: the description of the run is no JSON: %w", err)
	}
	if err := checkSchema(version.Schema); err != nil {
		return nil, err
	}
	h := &head{}
	if err := json.Unmarshal(data, h); err != nil {
		return nil, fmt.Errorf("results: the description of the run: %w", err)
	}
	return h, nil
}

// checkSchema returns an error for a version that this program does not read.
func checkSchema(version int) error {
	if version > Schema {
		return fmt.Errorf("results: the table has schema version %d, and this program reads versions up to %d; "+
			"use a newer version of trigrid", version, Schema)
	}
	if version < 1 {
		return fmt.Errorf("results: the table has no schema version; give a file that package results wrote")
	}
	return nil
}
