package operate

import (
	"slices"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Result is an operated season. Encoded as JSON it depends on the season and
// the options only.
type Result struct {
	Season   string   `json:"season"`
	Notes    []string `json:"notes"`
	Strategy Strategy `json:"strategy"`
	Parties  []Party  `json:"parties"` // the grid, the VPPs, the DERs
	Days     []Day    `json:"days"`    // those that are settled
	Totals   Totals   `json:"totals"`  // sums over the days

	// Payments has one amount per party, minor units over the season, received
	// positive. They sum to zero, and each is the sum of its steps.
	Payments []trigrid.Line `json:"payments"`

	// Cut states that the context ended the season before its last day.
	Cut bool `json:"cut"`

	Ledger *trigrid.LedgerSummary `json:"ledger,omitempty"` // nil without a ledger
	Timing Timing                 `json:"-"`
}

// Role is the level of a party.
type Role string

// The three levels.
const (
	RoleGrid Role = "grid"
	RoleVPP  Role = "vpp"
	RoleDER  Role = "der"
)

// Party is a participant of the season. The first one is the grid, which stands
// for the markets; the VPPs and the DERs follow in the order of the region.
type Party struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
}

// Totals are the sums of a day or a season over all VPPs, as realised.
type Totals struct {
	// Cost is the money that the region spends, currency:
	//
	//	Cost = OwnCost − Trade − Reserve + Imbalance + Carbon + Certificate
	//
	// Payments between VPPs and DERs cancel. DERs outside every VPP are not
	// part of it.
	Cost        float64 `json:"cost"`
	OwnCost     float64 `json:"own_cost"`         // of the members, such as fuel and wear
	Trade       float64 `json:"trade"`            // from selling and buying delivered energy
	Imbalance   float64 `json:"imbalance_cost"`   // at the real prices
	Carbon      float64 `json:"carbon_cost"`      // negative if allowances are sold
	Certificate float64 `json:"certificate_cost"` // negative if certificates are sold

	// Reserve is the income from reserve that was sold at the gate and held,
	// currency. 0 without a reserve market.
	Reserve float64 `json:"reserve_income,omitempty"`

	ImbalanceMWh float64 `json:"imbalance_mwh"` // Σ |n − e| Δ
	EmissionT    float64 `json:"emission_t"`    // t CO2
	AllowanceT   float64 `json:"allowance_t"`   // free allowances, t CO2
	RenewableMWh float64 `json:"renewable_mwh"` // generated
	AvailableMWh float64 `json:"available_mwh"` // available to renewable DERs
	CurtailedMWh float64 `json:"curtailed_mwh"` // AvailableMWh − RenewableMWh
	SoldMWh      float64 `json:"sold_mwh"`      // delivered to the grid
	BoughtMWh    float64 `json:"bought_mwh"`    // from the grid

	// UnservedMWh is the electricity and heat that was demanded and not served,
	// see [Miss]. Cost has no price of it.
	UnservedMWh float64 `json:"unserved_mwh"`

	// UnheldMWh is the reserve that was sold and not held, MW times hours, see
	// [Miss]. It is not paid.
	UnheldMWh float64 `json:"unheld_reserve_mw_h,omitempty"`

	// Certificates are those that are sold, less those that are bought. One is
	// one MWh.
	Certificates float64 `json:"certificates"`
}

// add adds the totals of one more day.
func (t *Totals) add(u Totals) {
	t.Cost += u.Cost
	t.OwnCost += u.OwnCost
	t.Trade += u.Trade
	t.Imbalance += u.Imbalance
	t.Carbon += u.Carbon
	t.Certificate += u.Certificate
	t.Reserve += u.Reserve
	t.ImbalanceMWh += u.ImbalanceMWh
	t.EmissionT += u.EmissionT
	t.AllowanceT += u.AllowanceT
	t.RenewableMWh += u.RenewableMWh
	t.AvailableMWh += u.AvailableMWh
	t.CurtailedMWh += u.CurtailedMWh
	t.SoldMWh += u.SoldMWh
	t.BoughtMWh += u.BoughtMWh
	t.UnservedMWh += u.UnservedMWh
	t.UnheldMWh += u.UnheldMWh
	t.Certificates += u.Certificates
}

// Day is one settled day.
type Day struct {
	Number  int            `json:"day"` // from 1; the period on the ledger
	Start   time.Time      `json:"start"`
	Steps   int            `json:"steps"`
	Weights weights.Vector `json:"weights"`

	// Signals are the signals of the grid from which [Options.Policy] set the
	// weights; nil without one.
	Signals *weights.Signals `json:"signals,omitempty"`

	// Forecasts are the series at the gate, from which the day-ahead schedule
	// and the choice follow. Probabilities are those of their scenarios; nil
	// for a point forecast.
	Forecasts     []Forecast `json:"forecasts"`
	Probabilities []float64  `json:"probabilities,omitempty"`

	Chosen  bool            `json:"chosen"`  // the DERs chose on this day
	Choices trigrid.Profile `json:"choices"` // VPP of each DER, or [trigrid.Outside]
	Moves   []Move          `json:"moves"`   // in the order of the DERs

	Totals
	Replans int `json:"replans"` // decisions about commitments after the gate

	// Gains are the parts of the coalition gain that the DERs receive for the
	// day, currency, as agreed at the last choice. They are paid in equal parts
	// per hour.
	Gains map[string]float64 `json:"gains"`

	// Misses are the steps in which actual values had no solution, by VPP; nil
	// on an ordinary day.
	Misses []Miss `json:"misses,omitempty"`

	// Bound is a lower bound of Cost under perfect information, for the day's
	// choices. Nil without [Options.Bounds], on a day with Misses, or if none
	// is known; see [Options.Bounds].
	Bound *float64 `json:"bound,omitempty"`

	// Payments are the settled amounts of the day per party, minor units; they
	// sum to zero.
	Payments []trigrid.Line `json:"payments"`

	// Settled has the minor units per step and party, in the order of
	// [Result.Parties]. Each step sums to zero.
	Settled [][]int64 `json:"settled"`

	// Plans are the metered plans of the VPPs, of one scenario each, in the
	// order of the region.
	Plans []*vpp.Plan `json:"-"`
}

// Forecast is a series of a day as it was known at the gate: the point
// forecast, or scenarios. Under perfect foresight it has the actual values.
//
// For example, {Series: "wind", Unit: "MW", Expected: [3 4], Scenarios: [[2 3]
// [4 5]]} has two equally probable scenarios over two steps.
type Forecast struct {
	Series    string      `json:"series"`
	Unit      string      `json:"unit"`
	Expected  []float64   `json:"expected"`            // per step
	Scenarios [][]float64 `json:"scenarios,omitempty"` // per scenario and step; nil if all are equal
}

// forecasts returns the series of a set in its order.
func forecasts(set *scenario.Set) []Forecast {
	out := []Forecast{}
	for _, name := range set.Names() {
		f := Forecast{Series: name, Unit: set.Unit(name), Expected: slices.Clone(set.Mean(name))}
		if set.Len() > 1 && set.Varies(name) {
			for s := range set.Len() {
				f.Scenarios = append(f.Scenarios, slices.Clone(set.Path(name, s)))
			}
		}
		out = append(out, f)
	}
	return out
}

// Move is the change of VPP of one DER, such as "wind" from "north" to "south".
// From and To can be [trigrid.Outside].
type Move struct {
	DER  string `json:"der"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Timing has the durations of a season.
type Timing struct {
	Total, Choice time.Duration
	Programs      int // windows that were solved, without those of choices
	Replans       int // of them, those that decided commitments
	Reused        int // solutions read from [Options.Store]
}
