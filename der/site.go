package der

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Site is several DERs of one owner behind one connection to the grid: a
// household with its appliances, car, battery and roof, or a wind farm with a
// battery. With the net injection n_it of part i, MW,
//
//	−I − x_t ≤ Σ_i n_it ≤ X + x_t,   x_t ≥ 0          import and export limit; power beyond them
//	cost = Σ_i cost_i + Σ_t c_x x_t Δ
//
// A site is one member of a VPP and has one payoff. Its parts may be of any
// kind. Each part has a meter of its own behind the connection, so that the
// tariff pays and charges the parts as it does alone, and the program needs no
// integers beside those of the parts. The limits are hard without ExcessCost.
// With it, they are targets: [Site.Misses] names the steps beyond them.
//
// Names of parts differ within their site only: the columns of a part are
// "home.battery.charge(s,t)". A site has one day-ahead schedule, so that a part
// must not set its own.
//
// For example, Site{ID: "home", MaxImport: optional.Of(0.011)} charges a car at
// no more than the 11 kW that the appliances leave.
//
// Source: Morstyn, Hredzak, Agelidis, IEEE Trans. Smart Grid 9(4), 2018, for
// storage and flexible loads behind one limit of a microgrid.
type Site struct {
	ID         string
	Parts      []DER          // at least one
	MaxImport  optional.Float // I ≥ 0, MW. Absent: no limit
	MaxExport  optional.Float // X ≥ 0, MW. Absent: no limit
	ExcessCost optional.Float // c_x ≥ 0, currency per MWh beyond a limit. Absent: hard limits
}

// SiteMiss is a step in which a site exchanges more than its connection.
type SiteMiss struct {
	Step  int
	Power float64 // MW beyond the limit, > 0
}

// String returns the miss in words, such as "the connection is exceeded by 0.5
// MW in step 4".
func (x SiteMiss) String() string {
	return fmt.Sprintf("the connection is exceeded by %.6g MW in step %d", x.Power, x.Step)
}

// PartsOf returns the parts of a [Site], a fleet of each part for a fleet of
// sites, and the DER itself for other kinds. For example, of 2 sites with a
// fleet of 3 roofs it has one fleet of 6 roofs.
func PartsOf(d DER) []DER {
	switch u := d.(type) {
	case *Site:
		var out []DER
		for _, part := range u.Parts {
			out = append(out, PartsOf(part)...)
		}
		return out
	case *Fleet:
		site, ok := u.Unit.(*Site)
		if !ok {
			break
		}
		var out []DER
		for _, part := range PartsOf(site) {
			count, one := u.Count, u.OneSchedule
			if inner, ok := part.(*Fleet); ok {
				part, count, one = inner.Unit, count*inner.Count, one || inner.OneSchedule
			}
			out = append(out, &Fleet{Unit: part, Count: count, OneSchedule: one})
		}
		return out
	}
	return []DER{d}
}

// Name implements [DER].
func (u *Site) Name() string { return u.ID }

// limited reports whether the connection has a limit.
func (u *Site) limited() bool { return u.MaxImport.Given() || u.MaxExport.Given() }

// inside returns the context of a part. At a limit, a MWh behind the connection
// can be worth less than one before it, so that no bound of its value is known.
// Only an [Overlapper] receives an unproven bound.
//
// For example, a battery behind a full export limit could burn energy that the
// VPP would buy at 40.
func (u *Site) inside(part DER, c Context) Context {
	if c.MinMarginalValues == nil {
		return c
	}
	bounds := append([]float64(nil), c.MinMarginalValues...)
	_, overlapper := As[Overlapper](part)
	for t, bound := range bounds {
		// An unproven bound passes, because the caller tests the parts by
		// Overlaps.
		if unproven := math.IsInf(bound, 1); unproven && !overlapper || !unproven && u.limited() {
			bounds[t] = math.Inf(-1)
		}
	}
	c.MinMarginalValues = bounds
	return c
}

// Model implements [DER]. Its columns are those of its parts and, with
// ExcessCost, "excess(s,t)". Its traces are the states of the parts, such as
// "battery/energy", and their ports, such as "battery:injected".
func (u *Site) Model(m *milp.Model, on milp.Expr, c Context) []Terms {
	out := c.NewTerms()
	m.Within(u.ID, func() {
		for _, part := range u.Parts {
			terms := part.Model(m, on, u.inside(part, c))
			for s := range out {
				out[s].join(u.ID, part.Name(), &terms[s])
			}
		}
	})
	for s := range out {
		at := c.Namer(u.ID, s)
		for t := range c.Steps() {
			net := out[s].Net(t)
			var over milp.Expr
			if cost, ok := u.ExcessCost.Get(); ok && u.limited() {
				// No excess is above that of the largest exchange, so that the
				// column has a bound.
				low, high := net.Range()
				most := max(0, high-u.MaxExport.Or(math.Inf(1)), -low-u.MaxImport.Or(math.Inf(1)))
				over = upTo(m, at("excess", t), most/MaxCount(on), on)
				out[s].Cost.Add(over.Times(cost * c.HoursAt(t)))
				out[s].Watch("excess", "MW", t, over)
			}
			if limit, ok := u.MaxExport.Get(); ok {
				m.AtMost(at("export", t), net, on.Times(limit).Plus(over))
			}
			if limit, ok := u.MaxImport.Get(); ok {
				m.AtMost(at("import", t), net.Times(-1), on.Times(limit).Plus(over))
			}
		}
	}
	return out
}

// sitePort is a port of a part in its terms and in a schedule.
type sitePort struct {
	name, unit string
	of         func(x *Terms) *[]milp.Expr
	realised   func(p *Ports) *[]float64
}

// sitePorts lists all ports in the order of [Ports]. Their names are those of
// traces of a site.
func sitePorts() []sitePort {
	return []sitePort{
		{"injected", "MW", func(x *Terms) *[]milp.Expr { return &x.Injected }, func(p *Ports) *[]float64 { return &p.Injected }},
		{"withdrawn", "MW", func(x *Terms) *[]milp.Expr { return &x.Withdrawn }, func(p *Ports) *[]float64 { return &p.Withdrawn }},
		{"reduced", "MW", func(x *Terms) *[]milp.Expr { return &x.Reduced }, func(p *Ports) *[]float64 { return &p.Reduced }},
		{"heat", "MW", func(x *Terms) *[]milp.Expr { return &x.Heat }, func(p *Ports) *[]float64 { return &p.Heat }},
		{"gas", "MW", func(x *Terms) *[]milp.Expr { return &x.Gas }, func(p *Ports) *[]float64 { return &p.Gas }},
		{"reserve", "MW", func(x *Terms) *[]milp.Expr { return &x.Reserve }, func(p *Ports) *[]float64 { return &p.Reserve }},
		{"emission", "t", func(x *Terms) *[]milp.Expr { return &x.Emission }, func(p *Ports) *[]float64 { return &p.Emission }},
		{"allowance", "t", func(x *Terms) *[]milp.Expr { return &x.Allowance }, func(p *Ports) *[]float64 { return &p.Allowance }},
		{"co2", "t", func(x *Terms) *[]milp.Expr { return &x.CO2 }, func(p *Ports) *[]float64 { return &p.CO2 }},
		{"renewable", "MWh", func(x *Terms) *[]milp.Expr { return &x.Renewable }, func(p *Ports) *[]float64 { return &p.Renewable }},
		{"available", "MWh", func(x *Terms) *[]milp.Expr { return &x.Available }, func(p *Ports) *[]float64 { return &p.Available }},
		{"conventional", "MWh", func(x *Terms) *[]milp.Expr { return &x.Conventional }, func(p *Ports) *[]float64 { return &p.Conventional }},
	}
}

// join adds the terms of a part to those of its site.
func (x *Terms) join(site, name string, part *Terms) {
	for _, port := range sitePorts() {
		if from := *port.of(part); from != nil {
			for t, e := range from {
				x.add(port.of(x), t, []milp.Expr{e})
			}
			x.Traces = append(x.Traces, Trace{name + ":" + port.name, port.unit, from})
		}
	}
	for _, trace := range part.Traces {
		x.Traces = append(x.Traces, Trace{name + "/" + trace.Name, trace.Unit, trace.Values})
	}
	x.Cost.Add(part.Cost)
	for _, convex := range part.Convex {
		convex.name = convex.name.Within(site) // of further tangents
		x.Convex = append(x.Convex, convex)
	}
}

// PartSchedules returns the schedule of each part of a planned schedule, in the
// order of Parts, without their costs and day-ahead schedules.
func (u *Site) PartSchedules(realised Schedule) []Schedule {
	out := make([]Schedule, len(u.Parts))
	for s := range realised.Realised {
		for i, p := range u.split(&realised.Realised[s]) {
			out[i].Realised = append(out[i].Realised, p)
		}
	}
	return out
}

// JoinParts returns the ports of the site for the ports of its parts, in the
// order of Parts, as its program does: their sums, with the ports and states of
// the parts as traces. Their costs are added. It is the inverse of
// [Site.PartSchedules] and panics if a part has no ports.
func (u *Site) JoinParts(parts []Ports) Ports {
	if len(parts) != len(u.Parts) {
		panic(fmt.Sprintf("der: site %s: %d ports for %d parts", u.ID, len(parts), len(u.Parts)))
	}
	var out Ports
	for i, part := range u.Parts {
		p := &parts[i]
		for _, port := range sitePorts() {
			values, sum := *port.realised(p), port.realised(&out)
			if values == nil {
				continue
			}
			if *sum == nil {
				*sum = make([]float64, len(values))
			}
			for t, v := range values {
				(*sum)[t] += v
			}
			out.Traces = append(out.Traces, Path{part.Name() + ":" + port.name, port.unit, values})
		}
		for _, trace := range p.Traces {
			out.Traces = append(out.Traces, Path{part.Name() + "/" + trace.Name, trace.Unit, trace.Values})
		}
		out.Cost += p.Cost
	}
	if u.ExcessCost.Given() && u.limited() {
		excess := make([]float64, max(len(out.Injected), len(out.Withdrawn), len(out.Reduced)))
		for t := range excess {
			excess[t] = u.beyond(&out, t)
		}
		out.Traces = append(out.Traces, Path{"excess", "MW", excess})
	}
	return out
}

// split returns the ports of each part.
func (u *Site) split(realised *Ports) []Ports {
	out, number := make([]Ports, len(u.Parts)), map[string]int{}
	for i, part := range u.Parts {
		number[part.Name()] = i
	}
	// The names are those of join: "battery:injected" is a port, and
	// "battery/energy" a state.
	for _, trace := range realised.Traces {
		if name, port, ok := strings.Cut(trace.Name, ":"); ok && !strings.Contains(name, "/") {
			for _, x := range sitePorts() {
				if i, known := number[name]; known && x.name == port {
					*x.realised(&out[i]) = trace.Values
				}
			}
			continue
		}
		if name, state, ok := strings.Cut(trace.Name, "/"); ok {
			if i, known := number[name]; known {
				out[i].Traces = append(out[i].Traces, Path{state, trace.Unit, trace.Values})
			}
		}
	}
	return out
}

// Benefit implements [DER]. Its items are those of the payment for all parts,
// the own costs of the parts, such as "battery: wear", and "excess of the
// connection".
func (u *Site) Benefit(realised Schedule, c Context, scenario int) Benefit {
	return overSteps(u.BenefitByStep(realised, c, scenario))
}

// BenefitByStep implements [Stepwise]. The own costs of a part that is no
// [Stepwise] belong to the last step.
func (u *Site) BenefitByStep(realised Schedule, c Context, scenario int) []ItemPath {
	out := c.PaymentByStep(realised, scenario)
	parts := u.PartSchedules(realised)
	for i, part := range u.Parts {
		// Without prices, only own costs are left.
		free := u.inside(part, c)
		free.Tariff, free.Inside = Tariff{}, InsidePrices{}
		paid := map[string]bool{}
		for _, item := range free.PaymentByStep(parts[i], scenario) {
			paid[item.What] = true
		}
		for _, item := range partItems(part, parts[i], free, scenario) {
			if !paid[item.What] {
				out = append(out, ItemPath{part.Name() + ": " + item.What, item.Amounts})
			}
		}
	}
	if cost, ok := u.ExcessCost.Get(); ok && u.limited() {
		p := &realised.Realised[scenario]
		out = append(out, c.byStep("excess of the connection", func(t int) float64 { return -cost * u.beyond(p, t) * c.HoursAt(t) }))
	}
	return out
}

// partItems returns the items of the benefit of a part by step.
func partItems(part DER, realised Schedule, c Context, scenario int) []ItemPath {
	if x, ok := As[Stepwise](part); ok {
		return x.BenefitByStep(realised, c, scenario)
	}
	var out []ItemPath
	for _, item := range part.Benefit(realised, c, scenario).Items {
		amounts := make([]float64, c.Steps())
		amounts[c.Steps()-1] = item.Amount
		out = append(out, ItemPath{item.What, amounts})
	}
	return out
}

// beyond returns x, the power beyond the connection in a step, MW. For example,
// an import of 5 MW through 3 MW is 2 MW beyond.
func (u *Site) beyond(p *Ports, t int) float64 {
	return max(0, p.Net(t)-u.MaxExport.Or(math.Inf(1)), -p.Net(t)-u.MaxImport.Or(math.Inf(1)))
}

// Misses returns the steps of a schedule beyond the limits of the connection,
// in one scenario. An excess of at most 1e-6 MW is none.
func (u *Site) Misses(realised *Ports, c Context) []SiteMiss {
	const tiny = 1e-6 // MW, 1 W: assumed, above the tolerance of a solver
	var out []SiteMiss
	for t := range c.Steps() {
		if x := u.beyond(realised, t); x > tiny {
			out = append(out, SiteMiss{t, x})
		}
	}
	return out
}

// Validate implements [Validator]. It returns the violations of the parts, too.
func (u *Site) Validate(set *scenario.Set) error {
	v := checks("site", u.ID)
	v.AtLeast("MaxImport", u.MaxImport.Or(0), 0, "MW")
	v.AtLeast("MaxExport", u.MaxExport.Or(0), 0, "MW")
	v.AtLeast("ExcessCost", u.ExcessCost.Or(0), 0, "currency per MWh")
	v.Require(u.limited() || !u.ExcessCost.Given(), "ExcessCost is given, want MaxImport or MaxExport beside it")
	v.Require(len(u.Parts) > 0, "Parts is empty, want at least one DER")
	seen := map[string]bool{}
	for i, part := range u.Parts {
		at := "Parts[" + strconv.Itoa(i) + "]"
		if !v.Require(part != nil, "%s is nil, want a DER", at) {
			continue
		}
		name := part.Name()
		v.Require(!strings.ContainsAny(name, ":/"), "%s has the name %q, want one without colon and slash, such as \"battery\"", at, name)
		v.Require(!seen[name], "%s has the name %q of a part before it, want another name", at, name)
		seen[name] = true
		u.validatePart(v, at, part, set)
	}
	return v.Err()
}

// validatePart reports the violations of a part, and kinds that cannot be one.
func (u *Site) validatePart(v *faults.List, at string, part DER, set *scenario.Set) {
	unit := part
	if fleet, ok := part.(*Fleet); ok {
		unit = fleet.Unit
	}
	switch x := unit.(type) {
	case *Site:
		v.Addf("%s is a site, want its parts in its place", at)
		return
	case *DemandResponse:
		v.Require(!x.Served, "%s has a load that the VPP serves, want one that the site draws (Served: false)", at)
	}
	if trader, ok := part.(GridTrader); ok && trader.TradesWithGrid() {
		v.Addf("%s trades with the grid itself, want MaxImport and MaxExport of the site in its place", at)
	}
	err := Validate(part, set)
	v.Add(err)
	if err != nil || set.Steps() == 0 {
		return
	}
	c := Context{Set: set}
	// Only the program of a part shows whether it sets a schedule.
	if terms := part.Model(milp.New(), milp.Const(1), c); terms[0].DayAhead != nil {
		v.Addf("%s sets a day-ahead schedule of its own, want a part without one, such as a farm without Forecast", at)
	}
}

var (
	_ Stepwise       = (*Site)(nil)
	_ Stateful       = (*Site)(nil)
	_ Validator      = (*Site)(nil)
	_ Overlapper     = (*Site)(nil)
	_ Bounded        = (*Site)(nil)
	_ Diagnoser      = (*Site)(nil)
	_ Projected      = (*Site)(nil)
	_ Rated          = (*Site)(nil)
	_ StateDescriber = (*Site)(nil)
	_ Measured       = (*Site)(nil)
	_ Storer         = (*Site)(nil)
	_ Unequal        = (*Site)(nil)
	_ Scaler         = (*Site)(nil)
	_ fmt.Stringer   = SiteMiss{}
)
