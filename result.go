package trigrid

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/fleet"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Result is the outcome of a run. Amounts are in currency over the whole
// horizon and expected over the scenarios; received is positive. Encoded as
// JSON it depends on the region and the options only: two runs give the same
// bytes on any number of cores. Durations are separate, in Timing.
type Result struct {
	Region     string         `json:"region"`
	Notes      []string       `json:"notes"`
	Warnings   []string       `json:"warnings"`
	Weights    weights.Vector `json:"weights"`
	Scenarios  int            `json:"scenarios"`
	Sharing    string         `json:"sharing"`
	Solver     string         `json:"solver"`
	LargestGap float64        `json:"largest_gap_currency"` // largest AbsoluteGap of Coalitions

	VPPs       []VPPResult    `json:"vpps"`       // at Recommendation.Profile, as in the region
	DERs       []DERResult    `json:"ders"`       // at the same profile
	Game       GameResult     `json:"game"`       //
	Coalitions []Achievement  `json:"coalitions"` // planned ones that can run, by VPP and number
	Settlement []Line         `json:"settlement"` // empty if no feasible profile is known
	Ledger     *LedgerSummary `json:"ledger"`     //

	// Signals has the signals of the grid, in millionths as on the ledger, and
	// RegionWeights the weights of the region, which the policy replaced by
	// Weights. Both are nil without [Options.Policy].
	Signals       *weights.Signals `json:"signals,omitempty"`
	RegionWeights *weights.Vector  `json:"region_weights,omitempty"`

	Recommendation *Recommendation `json:"recommendation"`

	// Planning states which coalitions were planned: [PlanningEnumerated],
	// [PlanningSearched], [PlanningSearchedFirst] or [PlanningFleet].
	Planning string `json:"planning"`

	// Fleet has the classes of a region of fleets, nil for others. DERs and
	// Coalitions are then empty, Game has the certified equilibrium in words,
	// and Settlement a line per class.
	Fleet *fleet.Summary `json:"fleet,omitempty"`

	// Cut states that the budget or the caller ended the run before all
	// verdicts were proven and all ranges computed. A result that is not cut is
	// the same on every machine.
	Cut bool `json:"cut"`

	// OpenPrograms lists the programs on whose gap, or missing plan, some
	// verdict depends. Without a cut there are none, unless the solver has
	// limits of its own.
	OpenPrograms []Open `json:"open_programs"`

	Infeasible []Infeasible `json:"infeasible"` // all planned coalitions that cannot run

	// Admission is the option of [vpp.Admission] by its key, such as "scheme",
	// and Refusals are those at Recommendation.Profile, by VPP and DER. Both
	// are empty if VPPs admit each DER.
	Admission string        `json:"admission,omitempty"`
	Refusals  []vpp.Refusal `json:"refusals,omitempty"`

	// Stability has the groups that gain by leaving together; nil without
	// [Options.Stability].
	Stability *vpp.Stability `json:"stability,omitempty"`

	// IdenticalDERs lists the classes of DERs that differ in their names only.
	IdenticalDERs [][]string `json:"identical_ders"`

	// Plans are the plans at Recommendation.Profile, one per VPP in the order
	// of VPPs. The entry of a VPP that never runs is nil, and so are all
	// entries without a feasible profile.
	Plans  []*vpp.Plan `json:"-"`
	Timing Timing      `json:"-"`

	// Trajectory is the path of the choice probabilities.
	Trajectory *evogame.Result `json:"-"`
}

// Timing has the durations of a run.
type Timing struct {
	Coalitions, Choice, Total time.Duration
	Workers                   int // programs solved at a time
	Programs                  int // programs solved

	// Reused and Computed count the solutions that a run with [Options.Store]
	// read and computed. A coalition can need more than one, see
	// [vpp.Problem.Solve], and the ranges of a coalition some more.
	Reused, Computed int

	// NotStored is the first reason for which a solution was not stored, such
	// as a full disk.
	NotStored string
}

// VPPResult is one VPP with the members that chose it. Its integrated value
// weighs three terms with the grid's weights and the VPP's risk aversion β, as
// vpp.Value states:
//
//	V = w_e E − w_r β CVaR + w_n N
type VPPResult struct {
	Name         string   `json:"name"`
	Members      []string `json:"members"`
	Scheme       []string `json:"scheme"`        // the members that the VPP itself prefers
	RiskAversion float64  `json:"risk_aversion"` // β

	Economic    float64 `json:"economic"`    // E: trade and reserve less payments to members
	VaR         float64 `json:"var"`         // of the loss that vpp.RiskOf names
	CVaR        float64 `json:"cvar"`        // of the same quantity
	Environment float64 `json:"environment"` // N: certificates less carbon
	Integrated  float64 `json:"integrated"`  // V

	Reserve float64 `json:"reserve,omitempty"` // income from offered reserve, a part of E

	// IntegratedLow and IntegratedHigh are the ends of the range of V, see
	// [vpp.Ranges]; nil without a bound.
	IntegratedLow  *float64 `json:"integrated_low,omitempty"`
	IntegratedHigh *float64 `json:"integrated_high,omitempty"`

	Alone     float64 `json:"alone"`     // V without members; see AloneInfeasible
	Imbalance float64 `json:"imbalance"` // expected imbalance cost

	// RenewableUtilisation is the used fraction of the available renewable
	// energy, in [0, 1]. It is 1 if none is available: see AvailableMWh.
	RenewableUtilisation float64 `json:"renewable_utilisation"`
	AvailableMWh         float64 `json:"available_mwh,omitempty"` // expected renewable energy
	DeviationMWh         float64 `json:"deviation_mwh"`           // expected absolute imbalance
	EmissionT            float64 `json:"emission_t"`              // expected, t CO2

	// AloneInfeasible states that the VPP cannot run without members, or that
	// no such plan is known. Alone is then the lowest V of its members'
	// coalitions that can run, over which they share the gain.
	AloneInfeasible bool `json:"alone_infeasible,omitempty"`

	// NeverRuns is the reason if the VPP can run with no coalition, ""
	// otherwise. All numbers of such a VPP are 0.
	NeverRuns string `json:"never_runs,omitempty"`
}

// DERResult is one DER at the recommended profile. Its payoff is Revenue +
// AllocatedGain in a VPP, and [Region.Outside] outside.
// [Recommendation.Transfers] come in addition.
type DERResult struct {
	Name      string  `json:"name"`
	Choice    string  `json:"choice"` // name of a VPP, or [Outside]
	Payoff    float64 `json:"payoff"`
	Tolerance float64 `json:"tolerance"` // see PayoffLow and PayoffHigh
	Revenue   float64 `json:"revenue"`   // R: payments less own costs

	// Payments has the payments by item, such as "energy sold" and "heat
	// exchange"; charges are negative. Their sum less OwnCost is Revenue.
	// Outside a VPP there are none.
	Payments map[string]float64 `json:"payments"`
	OwnCost  float64            `json:"own_cost"`

	// AllocatedGain is θ φ, with φ the DER's part of the coalition's gain. For
	// a DER with a reservation payoff b, see [vpp.Reservations], it is b + θ φ
	// − R.
	AllocatedGain float64 `json:"allocated_gain"`

	// PayoffLow and PayoffHigh are the ends of the range of Payoff: every
	// solver of the same gap gives a payoff in it, see [vpp.PayoffRanges].
	// Tolerance is half of its width. Without a bound they are nil, and
	// Tolerance is the estimate of [vpp.PayoffTolerance].
	PayoffLow  *float64 `json:"payoff_low,omitempty"`
	PayoffHigh *float64 `json:"payoff_high,omitempty"`

	// Otherwise has the payoff of each other strategy by name, if all other
	// DERs keep their choice. Moves to a coalition that cannot run are left
	// out.
	Otherwise map[string]float64 `json:"otherwise"`

	// Initial and Final are the choice probabilities at the start and at the
	// end: the VPPs in order, and the outside option last.
	Initial []float64 `json:"start"`
	Final   []float64 `json:"probability"`
}

// GameResult is the end of the choice, with all known equilibria and the best
// profile.
type GameResult struct {
	Verdict string  `json:"verdict"` // such as "converged to a strict Nash profile"
	Reason  string  `json:"reason"`
	Time    float64 `json:"time"` // of the dynamic, without unit
	Profile Profile `json:"profile"`
	Settled bool    `json:"settled"` // the dynamic reached Profile, and it is a strict equilibrium
	Margin  float64 `json:"margin"`  // loss of the DER that loses least by deviating

	// Proven states that Settled and Profile hold for all values within the
	// gaps of the programs: the end is a proven strict equilibrium and the only
	// one, or every program is solved to the gap of the solver. After a search
	// it states that the end is a proven strict equilibrium.
	Proven bool `json:"proven"`

	// Indifferent lists the DERs whose choice makes no difference at the
	// equilibrium that the dynamic reached. Profile has one of their choices.
	Indifferent []string `json:"indifferent,omitempty"`

	// Infeasible states that the coalition of some VPP in Profile cannot run.
	// Welfare and WelfareGap are then 0.
	Infeasible bool `json:"infeasible,omitempty"`

	// Exhaustive states that all profiles were examined. If it is false, Nash
	// has the equilibria that the search found, and BestWelfare is a lower
	// bound of the highest welfare.
	Exhaustive bool `json:"exhaustive"`

	Nash        []Equilibrium `json:"nash"` // strict, weak and undetermined ones
	Welfare     float64       `json:"welfare"`
	BestWelfare float64       `json:"best_welfare"`
	Best        []Profile     `json:"best_profiles"`
	WelfareGap  float64       `json:"welfare_gap"` // BestWelfare − Welfare, at least 0
	Basins      []Basin       `json:"basins"`
	Starts      int           `json:"starts"` // random starts behind Basins
}

// Profile maps each DER to its choice, a VPP or [Outside]: Profile{"W1":
// "VPP1", "T2": "outside"}.
type Profile map[string]string

// Equilibrium is a pure profile in which no DER gains by deviating, within the
// tolerance of the payoffs. A strict one can stand for several profiles that
// differ in the choices of indifferent DERs, and in swaps of identical DERs.
type Equilibrium struct {
	Profile   Profile `json:"profile"`
	Kind      string  `json:"kind"`   // strict if Margin > Tolerance, else weak or undetermined
	Margin    float64 `json:"margin"` // loss of the DER that loses least by deviating
	Tolerance float64 `json:"tolerance"`
	Welfare   float64 `json:"welfare"`

	// Proven states that Kind holds for all values within the gaps of the
	// programs.
	Proven bool `json:"proven"`

	// Indifferent lists the DERs with the same payoff at several choices, if
	// that connects only equilibria. Margin is the loss of the others.
	Indifferent []string `json:"indifferent,omitempty"`

	// Swaps is the number of equilibria that are equal up to swaps of identical
	// DERs, if above 1.
	Swaps int `json:"swaps,omitempty"`
}

// Basin is one end of the dynamic with the fraction of the random starts that
// reach it.
type Basin struct {
	Verdict string  `json:"verdict"`
	Profile Profile `json:"profile,omitempty"` // nil if the end is no pure profile
	Share   float64 `json:"share"`
	Low     float64 `json:"low"` // 95 % confidence interval of Share
	High    float64 `json:"high"`
}

// Achievement is the plan of one VPP with one coalition, in numbers.
type Achievement struct {
	VPP     string    `json:"vpp"`
	Members []string  `json:"members"`
	Value   vpp.Value `json:"value"`

	// IntegratedLow and IntegratedHigh are the ends of the range of
	// Value.Integrated. Only the coalitions behind the payoffs of the
	// recommended allocation have them.
	IntegratedLow  *float64 `json:"integrated_low,omitempty"`
	IntegratedHigh *float64 `json:"integrated_high,omitempty"`

	// AbsoluteGap is the solver's bound of the objective less the objective, at
	// least 0, currency. The optimum is at most Value.Objective + AbsoluteGap.
	AbsoluteGap          float64 `json:"absolute_gap"`
	Nodes                int64   `json:"nodes"`                 // of branch and bound
	RenewableUtilisation float64 `json:"renewable_utilisation"` // as in [VPPResult]
}

// Line is the net payment to one party in the settlement, in minor units
// (hundredths of the currency). A negative one is paid. The lines of a
// settlement sum to zero exactly.
type Line struct {
	Party string `json:"party"`
	Minor int64  `json:"minor_units"`
}

// LedgerSummary describes the chain of a run. [Options.Export] receives the
// chain itself.
type LedgerSummary struct {
	Engine       string `json:"engine"`
	Replicas     int    `json:"replicas"`
	Blocks       uint64 `json:"blocks"`
	Transactions int    `json:"transactions"`
	Head         string `json:"head"` // hash of the last block's header, hexadecimal
}

// addCoalitions adds the numbers of every planned coalition.
func (res *Result) addCoalitions(ctx context.Context, g *choice) error {
	for v, p := range g.planner.vpps {
		for _, s := range p.Planned() {
			outcome, err := p.Outcome(ctx, s) // from the cache
			if err != nil {
				return err
			}
			facts, err := p.Facts(ctx, s)
			if err != nil {
				return err
			}
			a := Achievement{
				VPP: g.region.VPPs[v].Name, Members: g.region.names(s), Value: outcome.Value,
				AbsoluteGap: outcome.AbsoluteGap, Nodes: facts.Nodes, RenewableUtilisation: facts.Renewable,
			}
			if o := g.ranged[job{v, s}]; o != nil {
				a.IntegratedLow, a.IntegratedHigh = ends(o.Ranges.Integrated)
			}
			res.Coalitions = append(res.Coalitions, a)
			res.LargestGap = max(res.LargestGap, outcome.AbsoluteGap)
			res.Solver = facts.Backend
		}
	}
	res.Infeasible = g.planner.infeasible()
	res.IdenticalDERs = make([][]string, 0, len(g.classes))
	for _, class := range g.classes {
		res.IdenticalDERs = append(res.IdenticalDERs, g.namesOf(class))
	}
	return nil
}

// addChoice adds the end of the game, the equilibria, the basins and the DERs'
// results at a profile, nil if no feasible one is known.
func (res *Result) addChoice(ctx context.Context, g *choice, p *played, shown []int) error {
	profile, reached := p.end()
	sum, _, err := g.welfare(ctx, profile)
	if err != nil {
		return err
	}
	res.Trajectory = p.run
	res.Game = GameResult{
		Verdict: p.run.Verdict.String(), Reason: p.run.Reason, Time: p.run.Time,
		Settled: reached != nil && reached.strict(),
		Margin:  p.run.Margin, Profile: g.profile(profile), Exhaustive: p.exhaustive && !p.unknown,
		// Rounding can put the welfare of the best profile a little above
		// p.optimum.
		Welfare: sum, BestWelfare: p.optimum, WelfareGap: max(0, p.optimum-sum),
	}
	if res.Game.Settled && len(reached.set.Indifferent) > 0 {
		res.Game.Verdict = evogame.ConvergedToStrictNash.String()
		res.Game.Indifferent = g.namesOf(reached.set.Indifferent)
		res.Game.Reason += "; indifferent: " + strings.Join(res.Game.Indifferent, ", ")
		if !math.IsInf(reached.set.Margin, 1) {
			res.Game.Margin = reached.set.Margin
		}
	}
	// JSON has no infinity.
	if math.IsInf(sum, -1) {
		res.Game.Infeasible, res.Game.Welfare, res.Game.WelfareGap = true, 0, 0
	}
	if math.IsInf(p.optimum, -1) {
		res.Game.BestWelfare = 0
	}
	for _, best := range p.best {
		res.Game.Best = append(res.Game.Best, g.profile(best))
	}
	for _, r := range p.rows {
		e := Equilibrium{
			Profile: g.profile(r.profile), Kind: r.set.Kind.String(), Margin: r.set.Margin, Tolerance: r.set.Tolerance, Welfare: r.welfare,
			Indifferent: g.namesOf(r.set.Indifferent),
		}
		if math.IsInf(e.Margin, 1) {
			e.Margin = 0 // no DER loses by any move
		}
		if r.swaps > 1 {
			e.Swaps = r.swaps
		}
		res.Game.Nash = append(res.Game.Nash, e)
	}
	res.Game.Starts = len(p.basins.Starts)
	for _, a := range p.basins.Attractors {
		b := Basin{Verdict: a.Verdict.String(), Share: a.Share, Low: a.Low, High: a.High}
		if a.Profile != nil {
			b.Profile = g.profile(p.representative(a.Profile))
		}
		res.Game.Basins = append(res.Game.Basins, b)
	}
	for i := range g.region.DERs {
		out := DERResult{
			Name: g.PlayerName(i), Choice: Outside, Payments: map[string]float64{},
			Initial: p.run.States[0][i], Final: p.run.Final[i],
		}
		if shown != nil {
			if out, err = g.resultOf(ctx, i, shown, p.run); err != nil {
				return err
			}
		}
		res.DERs = append(res.DERs, out)
	}
	return nil
}

// addVPPs adds the VPPs' results and plans at a profile, nil if no feasible one
// is known.
func (res *Result) addVPPs(ctx context.Context, g *choice, shown []int) error {
	r := g.region
	for v, p := range g.planner.vpps {
		x := VPPResult{
			Name: r.VPPs[v].Name, Members: []string{}, Scheme: r.names(g.proposed[v].s),
			RiskAversion: r.VPPs[v].RiskAversion, NeverRuns: g.proposed[v].never,
		}
		if shown == nil || x.NeverRuns != "" {
			res.VPPs = append(res.VPPs, x)
			res.Plans = append(res.Plans, nil)
			continue
		}
		s := coalition(shown, v)
		plan, err := p.Plan(ctx, s)
		if err != nil {
			return err
		}
		if err := g.planner.plan(ctx, job{v, 0}); err != nil {
			return err
		}
		required := append(vpp.Required(g.rule, s), 0)
		if _, err := g.divide(ctx, v, s); err != nil {
			return err
		}
		value := plan.Value
		x.Members, x.Economic, x.Reserve, x.Environment = r.names(s), value.Economic, value.Reserve, value.Environment
		ranged, err := g.rangedOutcome(job{v, s})
		if err != nil {
			return err
		}
		x.IntegratedLow, x.IntegratedHigh = ends(ranged.Ranges.Integrated)
		x.Integrated, x.Imbalance, x.VaR, x.CVaR = value.Integrated, value.Imbalance, value.VaR, value.Risk
		known, err := g.planner.outcomes(v, required)
		if err != nil {
			return err
		}
		alone := g.planner.substituted(v, required, known)(0)
		x.Alone, x.AloneInfeasible = alone.Value.Integrated, !g.planner.runs(v, 0)
		x.RenewableUtilisation, x.DeviationMWh = plan.RenewableUtilisation(), plan.Deviation()
		for k, result := range plan.Results {
			x.EmissionT += r.Setting.Set.Probability(k) * result.Emission
			x.AvailableMWh += r.Setting.Set.Probability(k) * result.Available
		}
		res.VPPs = append(res.VPPs, x)
		res.Plans = append(res.Plans, plan)
		res.Warnings = append(res.Warnings, plan.Warnings()...)
	}
	return nil
}
