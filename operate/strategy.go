package operate

import (
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// Method is the way in which a [Strategy] finds its set points.
type Method int

const (
	// Planned solves programs with the scenarios that are known. The default.
	Planned Method = iota
	// PerfectForesight solves one program per day with the actual values of the
	// day. No real operator can; it shows the value of better forecasts.
	PerfectForesight
	// WorstCase solves programs with a worst day of a budget set as their only
	// scenario; see [Robust].
	WorstCase
	// RuleBased follows fixed rules per kind of DER and solves no program; see
	// [Rules].
	RuleBased
)

// String returns the word of a method, such as "perfect_foresight". It is the
// form in JSON.
func (m Method) String() string {
	if m < Planned || m > RuleBased {
		return fmt.Sprintf("method %d", int(m))
	}
	return methods[m]
}

// methods are the words of the methods, in their order.
var methods = [...]string{"planned", "perfect_foresight", "worst_case", "rule_based"}

// MarshalText returns the word of a method. It returns an error for an unknown
// method.
func (m Method) MarshalText() ([]byte, error) {
	if m < Planned || m > RuleBased {
		return nil, fmt.Errorf("operate: no word for Method %d; want Planned, PerfectForesight, WorstCase or RuleBased", int(m))
	}
	return []byte(methods[m]), nil
}

// UnmarshalText reads the word of a method.
func (m *Method) UnmarshalText(text []byte) error {
	i := slices.Index(methods[:], string(text))
	if i < 0 {
		return fmt.Errorf("operate: method %q, want one of %q", text, methods)
	}
	*m = Method(i)
	return nil
}

// Strategy is a way to operate a season, as a value. The zero value with a name
// is day-ahead planning with a point forecast.
type Strategy struct {
	Name      string `json:"name"`
	Method    Method `json:"method"`
	Scenarios int    `json:"scenarios"` // of a plan; default 0: 1, the point forecast

	// Every is the number of steps between two decisions about commitments and
	// calls during the day, with the forecasts of that time. Default 0: both
	// stay as the gate left them. The dispatch of each step always uses its
	// actual values.
	Every int `json:"every"`

	// Budget is the number of values Γ that deviate in a worst day, over all
	// series and steps. Used by WorstCase only.
	Budget int `json:"budget"`
}

// Foresight returns the strategy that has the actual values of each day at its
// gate. For example, its imbalance is 0 if imbalance costs anything.
func Foresight() Strategy { return Strategy{Name: "perfect foresight", Method: PerfectForesight} }

// DayAheadOnly returns the strategy that keeps forecasts, commitments and calls
// of the gate. For example, a unit that the gate left off at 18:00 stays off if
// the wind fails; a battery still follows the actual values of each step.
func DayAheadOnly() Strategy { return Strategy{Name: "day ahead only"} }

// Rolling returns the strategy that plans anew every few steps with the point
// forecast of that time.
func Rolling(every int) Strategy {
	return Strategy{Name: "rolling, point forecast", Every: every}
}

// RollingScenarios returns the strategy that plans anew every few steps with
// scenarios. The plans weigh the risk measure of the region, such as the CVaR
// of the imbalance cost. Commitments and the day-ahead schedule are equal in
// all scenarios, and the dispatch of later steps differs. For example,
// RollingScenarios(4, 10) decides at 00:00, 04:00 and so on of an hourly day.
func RollingScenarios(every, scenarios int) Strategy {
	return Strategy{Name: fmt.Sprintf("rolling, %d scenarios", scenarios), Every: every, Scenarios: scenarios}
}

// Robust returns the strategy that plans anew every few steps for a worst day:
// at most budget values of uncertain power deviate from the point forecast
// against the VPP, to the end of the range of the known scenarios,
//
//	y_kt = f_kt + d_kt z_kt,   z_kt ∈ {0, 1},   Σ_kt z_kt ≤ Γ
//
// Series that the VPP or its members consume deviate upwards, all others
// downwards. The values with the largest d_kt times the absolute price of
// electricity in the last plan deviate; planning and choice of the values
// alternate until a choice repeats or has no solution, at most five times. For
// the rest of a day the budget is that part of Γ, rounded up.
//
// It is the budget set of Bertsimas and Sim, Operations Research 52(1), 2004,
// with an adversary that follows prices; the exact adversary is a bilevel
// program.
func Robust(every, budget int) Strategy {
	return Strategy{Name: fmt.Sprintf("robust, budget %d", budget), Method: WorstCase, Every: every, Budget: budget}
}

// Rules returns the strategy without optimisation:
//
//   - Wind, PV and stations on rivers feed in all available power. Loads are
//     served. Shiftable loads run at their usual time, transferable loads are
//     not moved, and no load reduction is called.
//   - A thermal unit runs if the price of a purchase is at least its average
//     cost per MWh at full output, its minimum times permitting, and then at
//     full output.
//   - A reservoir releases as much as its turbines use if the price is at least
//     the median of the day at its gate, and otherwise its least release:
//     within its ramp, above the volume for the end of the day, and always
//     within its levels.
//   - A car charges at once, as fast as it can, until it has the energy that it
//     wants, and feeds nothing back.
//   - A heat pump fills its tank first, and then holds the lower end of the
//     comfort band.
//   - A battery charges from the surplus of its VPP and discharges into its
//     deficit, as far as it can still return to its stated energy at the end of
//     the day, also with the starts that are left.
//   - The parts of a site follow the rules of their kinds, and its batteries
//     the surplus and deficit of the site. Renewable power above its export
//     limit is curtailed. A part must not exchange heat, gas or CO2.
//   - Combined heat and power, then gas boilers, then electric boilers follow
//     the heat demand, each in the order of the region, up to its limits and
//     ramps. A unit that is not needed stands still. A unit with steam
//     extraction burns the least gas for its heat. Stores of heat take the
//     surplus of minimum outputs and serve the demand above all units, as
//     batteries do. Dumps take the rest of a surplus, and loads are shed for a
//     deficit.
//   - A unit with carbon capture runs as a thermal unit. It absorbs as much CO2
//     as stores take if the carbon price pays for its energy, solvent and
//     storage, and otherwise its least part.
//   - Supplies buy the gas that is burnt, in their order. Stores of gas and of
//     solvent rest, and so does power-to-gas. No reserve is sold.
//
// All DERs of a [der.Fleet] do the same. Fleets of kinds that exchange heat,
// gas or CO2 have no rule.
//
// Without prices in the tariff, gas has the highest price of the supplies in
// use, heat the cost of the last unit in use, and CO2 minus the highest cost of
// the stores in use.
//
// The day-ahead schedule is the outcome of the rules for the point forecast.
// Kinds of other modules have no rule; a season with such a member is rejected.
// So is one with a transferable load whose usual profile on the first day has a
// run below its shortest one: the rules do not move loads, because that takes a
// forecast of the day. A later day on which a member's own limits forbid the
// outcome ends the season with an error.
func Rules() Strategy { return Strategy{Name: "rules", Method: RuleBased} }

// Strategies returns the six strategies of a comparison, for steps of an hour
// or so. Five scenarios and a budget of eight values are assumed.
func Strategies() []Strategy {
	return []Strategy{Foresight(), DayAheadOnly(), Rolling(1), RollingScenarios(1, 5), Robust(1, 8), Rules()}
}

// scenarios returns Scenarios or its default.
func (s Strategy) scenarios() int { return max(1, s.Scenarios) }

// Validate returns an error that lists all violations of the strategy.
func (s Strategy) Validate() error {
	bad := faults.List{Prefix: "operate: strategy: "}
	bad.Require(s.Method >= Planned && s.Method <= RuleBased, "Method is %d, want Planned, PerfectForesight, WorstCase or RuleBased", s.Method)
	bad.Require(s.Scenarios >= 0, "Scenarios is %d, want at least 0", s.Scenarios)
	bad.Require(s.Every >= 0, "Every is %d steps, want at least 0", s.Every)
	bad.Require(s.Budget >= 0, "Budget is %d values, want at least 0", s.Budget)
	return bad.Err()
}
