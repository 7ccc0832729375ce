package trigrid

import (
	"github.com/trigrid/trigrid/evogame"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Result is everything a run found. Encoded as JSON it depends on region and options only: two runs give
// the same bytes, on any number of cores. Times are kept apart, in [Timing].
type Result struct {
	Region     string         `json:"region"`
	Notes      []string       `json:"notes"`
	Warnings   []string       `json:"warnings"`
	Weights    weights.Vector `json:"weights"`
	Scenarios  int            `json:"scenarios"`
	Sharing    string         `json:"sharing"`
	Solver     string         `json:"solver"`
	LargestGap float64        `json:"largest_gap_currency"` // what any program left open of its objective

	Plants     []PlantResult  `json:"plants"`     // at the profile of Game.Profile
	Units      []UnitResult   `json:"units"`      // at the same profile
	Game       GameResult     `json:"game"`       //
	Coalitions []Achievement  `json:"coalitions"` // planned ones of every plant, by number
	Settlement []Line         `json:"settlement"` //
	Ledger     *LedgerSummary `json:"ledger"`     //

	// Plans are the plants' plans at the profile, in the order of Plants.
	Plans  []*vpp.Plan `json:"-"`
	Timing Timing      `json:"-"`

	// Trajectory is how the choice probabilities moved.
	Trajectory *evogame.Result `json:"-"`
}

// PlantResult is one plant at the end of the choice, currency in expectation.
type PlantResult struct {
	Name         string   `json:"name"`
	Members      []string `json:"members"`
	Scheme       []string `json:"scheme"` // the members it would choose itself
	RiskAversion float64  `json:"risk_aversion"`

	Economic    float64 `json:"economic"`    // E: trade less payments to members
	VaR         float64 `json:"var"`         // of the imbalance cost, or of the total loss under that reading
	CVaR        float64 `json:"cvar"`        // of the same
	Environment float64 `json:"environment"` // N: certificates less carbon
	Integrated  float64 `json:"integrated"`  // V = w_e E − w_r β CVaR + w_n N
	Alone       float64 `json:"alone"`       // V without members
	Imbalance   float64 `json:"imbalance"`   // expected imbalance cost

	Absorption   float64 `json:"absorption"`    // share of available renewable energy used
	DeviationMWh float64 `json:"deviation_mwh"` // expected absolute imbalance
	EmissionT    float64 `json:"emission_t"`    // expected
}

// UnitResult is one unit at the end of the choice, currency in expectation.
type UnitResult struct {
	Name      string             `json:"name"`
	Choice    string             `json:"choice"` // a plant, or [Out]
	Payoff    float64            `json:"payoff"`
	Tolerance float64            `json:"tolerance"`
	Revenue   float64            `json:"revenue"`     // R: under the tariff, less own cost
	Share     float64            `json:"share"`       // θ times its share of the plant's gain
	Otherwise map[string]float64 `json:"otherwise"`   // its payoff had it alone chosen differently
	Initial   []float64          `json:"start"`       // probabilities, plants in order and then out
	Final     []float64          `json:"probability"` // the same at the end
}

// GameResult is how the choice ended and what else could have been.
type GameResult struct {
	Verdict string  `json:"verdict"`
	Reason  string  `json:"reason"`
	Time    float64 `json:"time"` // of the dynamic, not of the computer
	Profile Profile `json:"profile"`
	Settled bool    `json:"settled"` // the profile is a strict Nash profile and the dynamic reached it
	Margin  float64 `json:"margin"`  // what the cheapest deviation would lose

	// Exhaustive: every profile was examined. Otherwise Nash lists the equilibria that were found, and
	// BestWelfare is the highest welfare met, which the gap understates.
	Exhaustive bool `json:"exhaustive"`

	Nash        []Equilibrium `json:"nash"` // strict, weak and undecided ones
	Welfare     float64       `json:"welfare"`
	BestWelfare float64       `json:"best_welfare"`
	Best        []Profile     `json:"best_profiles"`
	WelfareGap  float64       `json:"welfare_gap"`
	Basins      []Basin       `json:"basins"`
}

// Profile says which plant every unit chooses, or [Out].
type Profile map[string]string

// Equilibrium is a pure profile from which no unit gains as far as the payoffs can tell.
type Equilibrium struct {
	Profile   Profile `json:"profile"`
	Kind      string  `json:"kind"`   // strict, weak or undetermined
	Margin    float64 `json:"margin"` // what the cheapest deviation loses
	Tolerance float64 `json:"tolerance"`
	Welfare   float64 `json:"welfare"`
}

// Basin is where a part of the random starts ended.
type Basin struct {
	Verdict string  `json:"verdict"`
	Profile Profile `json:"profile,omitempty"`
	Share   float64 `json:"share"`
	Low     float64 `json:"low"` // 95 % confidence bounds of the share
	High    float64 `json:"high"`
}

// Achievement is what one coalition of one plant would achieve, currency in expectation.
type Achievement struct {
	Plant      string    `json:"plant"`
	Members    []string  `json:"members"`
	Value      vpp.Value `json:"value"`
	Open       float64   `json:"open"`
	Nodes      int64     `json:"nodes"`
	Absorption float64   `json:"absorption"`
}
