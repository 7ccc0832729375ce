package der

import "github.com/trigrid/trigrid/milp"

// Carrier is the form of energy at a port.
type Carrier int

const (
	Electricity Carrier = iota // the default
	Heat
	Gas
)

// String returns the carrier in lower case.
func (c Carrier) String() string { return [...]string{"electricity", "heat", "gas"}[c] }

// Terms is the contribution of one DER to one scenario of its VPP's program.
// Each slice has one expression per step, or is nil if the DER has no such
// port. The methods allocate a slice at its first use. For example, a battery
// calls
//
//	terms[s].Exchange(Electricity, t, discharge, charge)
//	terms[s].Cost.Add(discharge.Times(wear * c.HoursAt(t)))
//
// in every scenario s and step t.
type Terms struct {
	Injected  []milp.Expr // MW fed in, ≥ 0
	Withdrawn []milp.Expr // MW withdrawn, base load included, ≥ 0
	Reduced   []milp.Expr // MW of verified load reduction, ≥ 0; counts as injection in the balance
	Heat      []milp.Expr // MW, injection positive
	Gas       []milp.Expr // MW, injection positive
	Reserve   []milp.Expr // MW held ready upward

	Emission  []milp.Expr // t CO2 emitted in the step
	Allowance []milp.Expr // t CO2 of free quota earned in the step
	CO2       []milp.Expr // t CO2 as a good, handed over positive, taken in negative

	Renewable    []milp.Expr // MWh generated that earn certificates
	Available    []milp.Expr // MWh that could have been generated
	Conventional []milp.Expr // MWh generated from fuel

	// Cost is the DER's own cost over the horizon, currency, without payments
	// under the tariff. It contains the convex costs as their tangents bound
	// them: see [Terms.AddConvex].
	Cost   milp.Expr
	Convex []ConvexCost

	// DayAhead is the day-ahead schedule of the DER, MW, injection positive:
	// first-stage expressions, equal in every scenario and set in scenario 0
	// only. Nil: the VPP schedules it.
	DayAhead []milp.Expr

	// Traces are inner states for results, such as the energy in a store. No
	// other member uses them.
	Traces []Trace

	steps int
}

// Trace is one inner state over time, with its name and unit of measure.
type Trace struct {
	Name, Unit string
	Values     []milp.Expr // per step
}

// Inject adds injection at step t, MW.
func (x *Terms) Inject(t int, mw ...milp.Expr) { x.add(&x.Injected, t, mw) }

// Withdraw adds withdrawal at step t, MW.
func (x *Terms) Withdraw(t int, mw ...milp.Expr) { x.add(&x.Withdrawn, t, mw) }

// Curtail adds verified load reduction at step t, MW.
func (x *Terms) Reduce(t int, mw ...milp.Expr) { x.add(&x.Reduced, t, mw) }

// Exchange adds injection (in) and withdrawal (out) at step t on the port of a
// carrier, MW. Ports of heat and gas hold the difference.
func (x *Terms) Exchange(port Carrier, t int, in, out milp.Expr) {
	switch port {
	case Electricity:
		x.Inject(t, in)
		x.Withdraw(t, out)
	case Heat:
		x.add(&x.Heat, t, []milp.Expr{in, out.Times(-1)})
	case Gas:
		x.add(&x.Gas, t, []milp.Expr{in, out.Times(-1)})
	}
}

// SupplyHeat adds heat fed in at step t, MW; negative is withdrawn.
func (x *Terms) SupplyHeat(t int, mw ...milp.Expr) { x.add(&x.Heat, t, mw) }

// SupplyGas adds gas fed in at step t, MW; negative is withdrawn.
func (x *Terms) SupplyGas(t int, mw ...milp.Expr) { x.add(&x.Gas, t, mw) }

// HoldReserve adds upward reserve at step t, MW.
func (x *Terms) HoldReserve(t int, mw ...milp.Expr) { x.add(&x.Reserve, t, mw) }

// Emit adds emissions in step t, t CO2.
func (x *Terms) Emit(t int, tonnes ...milp.Expr) { x.add(&x.Emission, t, tonnes) }

// Allow adds free carbon allowances in step t, t CO2.
func (x *Terms) Allow(t int, tonnes ...milp.Expr) { x.add(&x.Allowance, t, tonnes) }

// SupplyCO2 adds CO2 handed to other members in step t, t; negative is taken
// in.
func (x *Terms) SupplyCO2(t int, tonnes ...milp.Expr) { x.add(&x.CO2, t, tonnes) }

// Renew adds renewable generation in step t and the generation that was
// available, both MWh.
func (x *Terms) Renew(t int, generated, available milp.Expr) {
	x.add(&x.Renewable, t, []milp.Expr{generated})
	x.add(&x.Available, t, []milp.Expr{available})
}

// Burn adds generation from fuel in step t, MWh.
func (x *Terms) Burn(t int, mwh ...milp.Expr) { x.add(&x.Conventional, t, mwh) }

// Watch records the value of an inner state at step t. Later calls with the
// same name add steps to the same trace.
func (x *Terms) Watch(name, unit string, t int, value milp.Expr) {
	for i := range x.Traces {
		if x.Traces[i].Name == name {
			x.Traces[i].Values[t] = value
			return
		}
	}
	values := make([]milp.Expr, x.steps)
	values[t] = value
	x.Traces = append(x.Traces, Trace{name, unit, values})
}

// Net returns the power that the DER feeds into the balance of its VPP at step
// t, MW: injection plus load reduction minus withdrawal.
func (x *Terms) Net(t int) milp.Expr {
	var net milp.Expr
	if x.Injected != nil {
		net.Add(x.Injected[t])
	}
	if x.Reduced != nil {
		net.Add(x.Reduced[t])
	}
	if x.Withdrawn != nil {
		net.Add(x.Withdrawn[t].Times(-1))
	}
	return net
}

// add adds expressions to a port at step t, and allocates the port at its first
// use.
func (x *Terms) add(port *[]milp.Expr, t int, exprs []milp.Expr) {
	if *port == nil {
		*port = make([]milp.Expr, x.steps)
	}
	e := &(*port)[t]
	if e.Len() == 0 && e.Constant() == 0 && len(exprs) == 1 { // most ports have one term; no copy
		*e = exprs[0]
		return
	}
	*e = e.Plus(exprs...)
}

// trace returns the expressions of a state, or nil if none are recorded under
// the name.
func (x *Terms) trace(name string) []milp.Expr {
	for _, t := range x.Traces {
		if t.Name == name {
			return t.Values
		}
	}
	return nil
}
