package fleet

import (
	"cmp"
	"math"
	"slices"
)

// Summary is the outcome of a run on a region of fleets: rows per class, and
// never a row per DER. Payoffs are currency per DER over the horizon, after own
// costs. Welfare, Gain and Bound are in units of the objective of the VPPs.
//
// For example, a class with Members {28144, 2370} and Outside 105 has 30,619
// DERs.
type Summary struct {
	Rule    string         `json:"rule"`   // such as "marginal"
	Solver  string         `json:"solver"` // of the joint program
	DERs    int            `json:"ders"`   // of all classes
	VPPs    []string       `json:"vpps"`   // in the order of lists per VPP
	Classes []ClassSummary `json:"classes"`

	Welfare float64 `json:"welfare"` // of whole DERs, Σ_v J_v and the payoffs outside
	Bound   float64 `json:"bound"`   // no split has a larger welfare, see [Certificate.WelfareBound]
	// Gain is the welfare less that of the VPPs without members. It is 0, as
	// are Gap and PaidShare, if a VPP cannot run without members; Welfare and
	// Bound then have the distance.
	Gain float64 `json:"gain"`

	// Gap is Bound − Welfare as a fraction of Gain: no split of the DERs is
	// worth more than that.
	Gap float64 `json:"gap_of_gain"`
	// Regret is the largest gain at the prices of a DER that moves, currency,
	// and MeanRegret the mean over all DERs. See [Certificate.Regret] for
	// prices that are not exact.
	Regret     float64 `json:"regret"`
	MeanRegret float64 `json:"mean_regret"`
	// OwnRevenue is "on top of the share" if payoffs are own revenues and
	// shares, see [OwnRevenues]. Regrets are then those of such payoffs at the
	// split of the joint program. Default "": own revenues are an advance on
	// the share.
	OwnRevenue string `json:"own_revenue,omitempty"`
	// Certified states that Gap and Regret were computed. They are 0 if the run
	// ended before.
	Certified bool `json:"certified"`

	// Moves counts the DERs that moved to a better place after rounding.
	// Settled states that no DER gains by a further move, within the tolerance
	// of the solver. Regions of many classes and VPPs have no moves: a DER of a
	// million is smaller than the tolerance.
	Moves   int  `json:"moves"`
	Settled bool `json:"settled"`

	// Dynamics compares the joint program with dynamics from several starts and
	// with few large DERs. Nil if the run has none.
	Dynamics *Dynamics `json:"dynamics,omitempty"`

	MeanPayoff float64 `json:"mean_payoff"`
	PaidShare  float64 `json:"paid_of_gain"` // payoffs of members as a fraction of Gain
	// Deciles are the payoffs below which 0, 10, …, 100 % of all DERs are,
	// those outside included.
	Deciles []float64 `json:"payoff_deciles"`

	// Prices are the expected marginal values of electricity inside each VPP,
	// per VPP and step, currency per MWh.
	Prices [][]float64 `json:"prices"`
}

// ClassSummary is one class in a [Summary].
type ClassSummary struct {
	Name    string `json:"name"`
	Count   int    `json:"count"`
	Members []int  `json:"members"` // per VPP
	Outside int    `json:"outside"`

	// Payoff is that of one DER of the class, with own revenues on top of
	// shares the mean over its members.
	Payoff float64 `json:"payoff"`
	// Revenue is the own revenue of a member per VPP, with own revenues on top
	// of shares. It is 0 in a VPP without members. Otherwise nil.
	Revenue []float64 `json:"revenue,omitempty"`
	// Reach is the payoff that one DER of the class can reach in each VPP, per
	// VPP, and that of its members if it has any; −[math.MaxFloat64] if the VPP
	// cannot run with one more. Nil if the run ended before the certificate.
	Reach []float64 `json:"reach,omitempty"`
	// Regret is the largest gain at the prices of a DER of the class that
	// moves, currency.
	Regret float64 `json:"regret"`

	// Paid is the payment to all DERs per VPP in hundredths, own costs
	// included; the DERs of a VPP receive equal parts up to one hundredth.
	Paid []int64 `json:"paid_minor_units"`
	// Proven is the payment of one DER that was proven on the ledger, nil if
	// none was.
	Proven *ProvenPayment `json:"proven,omitempty"`
}

// Dynamics compares the equilibrium of the joint program with the ends of
// evolutionary dynamics on the smooth potential, see [Game], and with the
// equilibria of few large DERs, see [Large].
//
// All maximisers of a concave potential have the same potential, so that each
// dynamic ends at the same equilibrium from every start, up to ties: splits of
// nearly the same potential. A few large DERs can have several equilibria of
// different welfare.
type Dynamics struct {
	Runs []DynamicRun `json:"runs"`
	// Same states that no run was cut, and that each ended at most 1 % of the
	// gain below the joint program.
	Same bool `json:"same"`
	Cut  bool `json:"cut"` // time or the limit of rounds ended a run, or time left runs out

	// Large has the game of one and of two large DERs per class, if these have
	// few programs, and Below is the welfare of its worst Nash state below the
	// bound, as a fraction of the gain.
	Large []Large   `json:"large"`
	Below []float64 `json:"large_below_of_gain"`

	// Reason states why there are no runs, such as a VPP that cannot run at
	// their states.
	Reason string `json:"reason,omitempty"`
}

// DynamicRun is the end of one dynamic from one start.
type DynamicRun struct {
	Dynamic   string  `json:"dynamic"`             // such as "replicator"
	Start     string  `json:"start"`               // "equal split", or "random 1"
	Verdict   string  `json:"verdict"`             // of [evogame.Result], or "cut"
	Below     float64 `json:"below_of_gain"`       // potential below the joint program, fraction of the gain
	Gap       float64 `json:"gap_of_gain"`         // own proven bound, see [Evolution.Gap], fraction of the gain
	Elsewhere float64 `json:"elsewhere_of_places"` // fraction of DERs in other places than in the joint program
	Rounds    int     `json:"rounds"`
	Programs  int     `json:"programs"` // of this run
	Steps     int     `json:"steps"`    // of the last round
}

// ProvenPayment is the payment of a single DER with its proof on the ledger.
type ProvenPayment struct {
	Member string `json:"member"`
	VPP    string `json:"vpp"`
	Minor  int64  `json:"minor_units"`
	Hashes int    `json:"hashes"` // of the path from the payment to its root
}

// Spread sets MeanPayoff and Deciles from the classes. DERs outside have the
// payoff of outside, per class.
func (x *Summary) Spread(outside []float64) {
	type group struct {
		payoff float64
		count  int
	}
	var (
		groups []group
		sum    float64
	)
	x.DERs = 0
	for k, c := range x.Classes {
		groups = append(groups, group{c.Payoff, c.Count - c.Outside}, group{outside[k], c.Outside})
		x.DERs += c.Count
		sum += c.Payoff*float64(c.Count-c.Outside) + outside[k]*float64(c.Outside)
	}
	x.MeanPayoff, x.Deciles = sum/float64(x.DERs), nil
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(a.payoff, b.payoff) })
	for d := range 11 {
		// The DER of rank ⌈d n / 10⌉, at least the first one.
		rank := max(1, int(math.Ceil(float64(d)*float64(x.DERs)/10)))
		for _, g := range groups {
			if rank -= g.count; rank <= 0 {
				x.Deciles = append(x.Deciles, g.payoff)
				break
			}
		}
	}
}

// Moved returns the number of DERs that a split has in other places than an
// earlier one, per class: half of the sum of all differences.
//
// For example, 10 DERs from the first VPP to the second and 5 to the outside
// option are 15.
func (x *Summary) Moved(before *Summary) []int {
	out := make([]int, len(x.Classes))
	for k, c := range x.Classes {
		old := before.Classes[k]
		differences := abs(c.Outside - old.Outside)
		for v := range c.Members {
			differences += abs(c.Members[v] - old.Members[v])
		}
		out[k] = differences / 2
	}
	return out
}

func abs(n int) int { return max(n, -n) }
