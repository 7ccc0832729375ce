package der

import "github.com/trigrid/trigrid/optional"

// Quantity is a number of a DER's data, or a list of numbers, with its meaning. Package vpp compares
// quantities with their surroundings, to find numbers that are valid and yet in the wrong unit.
type Quantity struct {
	Field  string    // Go field, such as "Charge" or "Power.Max"
	Of     Dimension // kind of number
	Values []float64 // without absent ones
}

// Dimension is the kind of number of a [Quantity].
type Dimension int

// The dimensions that a plausibility check compares.
const (
	PowerOf       Dimension = iota + 1 // MW
	EnergyOf                           // MWh
	ConnectionOf                       // MW, a limit that is often large on purpose
	EnergyPriceOf                      // currency per MWh that replaces a MWh of the market
	PriceOf                            // currency per MWh, such as wear, which is often small
	CostOf                             // currency per start, hour or t CO2
)

// Measured is a DER that lists the quantities of its data. A kind without it is not checked for
// plausible magnitudes.
//
// For example, a [Storage] lists Charge, Discharge, Energy, MinEnergy, Initial, Wear and others.
type Measured interface {
	DER
	Quantities() []Quantity
}

// quantities collects the numbers of a DER.
type quantities []Quantity

// add appends a field: numbers, optional numbers that are present, and lists.
func (q *quantities) add(of Dimension, field string, values ...any) {
	var numbers []float64
	for _, v := range values {
		switch v := v.(type) {
		case float64:
			numbers = append(numbers, v)
		case []float64:
			numbers = append(numbers, v...)
		case optional.Float:
			if x, given := v.Get(); given {
				numbers = append(numbers, x)
			}
		}
	}
	if numbers != nil {
		*q = append(*q, Quantity{field, of, numbers})
	}
}

// Quantities implements [Measured].
func (u *Wind) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Capacity", u.Capacity)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	q.add(PriceOf, "CurtailmentPenalty", u.CurtailmentPenalty)
	return q
}

// Quantities implements [Measured].
func (u *PV) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Capacity", u.Capacity)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	q.add(PriceOf, "CurtailmentPenalty", u.CurtailmentPenalty)
	q.add(PriceOf, "Subsidy", u.Subsidy)
	return q
}

// Quantities implements [Measured].
func (u *Storage) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Charge", u.Charge)
	q.add(PowerOf, "Discharge", u.Discharge)
	q.add(EnergyOf, "Energy", u.Energy)
	q.add(EnergyOf, "MinEnergy", u.MinEnergy)
	q.add(EnergyOf, "Initial", u.Initial)
	q.add(PriceOf, "Wear", u.Wear)
	q.add(PriceOf, "EndValue", u.EndValue)
	for _, band := range u.Depths {
		q.add(PriceOf, "Depths", band.Wear)
	}
	return q
}

// Quantities implements [Measured].
func (u *Thermal) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "MinOutput", u.MinOutput)
	q.add(PowerOf, "MaxOutput", u.MaxOutput)
	q.add(PowerOf, "StartOutput", u.StartOutput)
	q.add(PowerOf, "StopOutput", u.StopOutput)
	q.add(PowerOf, "Before.Output", u.Before.Output)
	q.add(EnergyPriceOf, "Linear", u.Linear)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	q.add(CostOf, "NoLoad", u.NoLoad)
	q.add(CostOf, "Quadratic", u.Quadratic)
	q.add(CostOf, "ShutDown", u.ShutDown)
	for _, s := range u.StartUp {
		q.add(CostOf, "StartUp", s.Cost)
	}
	for i, p := range u.Curve {
		if i > 0 {
			below := u.Curve[i-1]
			q.add(PriceOf, "Curve", (p.Cost-below.Cost)/(p.Output-below.Output))
		}
	}
	return q
}

// Quantities implements [Measured].
func (u *Load) Quantities() []Quantity {
	var q quantities
	q.add(PriceOf, "ShedCost", u.ShedCost)
	return q
}

// Quantities implements [Measured].
func (u *DemandResponse) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "MaxReduction", u.MaxReduction)
	q.add(PowerOf, "MaxRebound", u.MaxRebound)
	q.add(PowerOf, "Calls.MinReduction", u.Calls.MinReduction)
	q.add(PriceOf, "ReductionCost", u.ReductionCost)
	q.add(PriceOf, "ReboundCost", u.ReboundCost)
	return q
}

// Quantities implements [Measured].
func (u *ShiftableLoad) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Profile", u.Profile)
	q.add(PriceOf, "ShiftCost", u.ShiftCost)
	return q
}

// Quantities implements [Measured].
func (u *TransferableLoad) Quantities() []Quantity {
	var q quantities
	q.add(PowerOf, "Min", u.Min)
	q.add(PowerOf, "Max", u.Max)
	q.add(PriceOf, "TransferCost", u.TransferCost)
	return q
}

// Quantities implements [Measured].
func (u *CHP) Quantities() []Quantity {
	var q quantities
	q.operation("Power", u.Power)
	q.add(PowerOf, "MinHeat", u.MinHeat)
	q.add(PowerOf, "MaxHeat", u.MaxHeat)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}

// Quantities implements [Measured].
func (u *ExtractionCHP) Quantities() []Quantity {
	var q quantities
	for _, p := range u.Points {
		q.add(PowerOf, "Points.Power", p.Power)
		q.add(PowerOf, "Points.Heat", p.Heat)
		q.add(PowerOf, "Points.Gas", p.Gas)
	}
	q.operation("Power", u.Power)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}

// Quantities implements [Measured].
func (u *GasBoiler) Quantities() []Quantity {
	var q quantities
	q.operation("Heat", u.Heat)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}

// Quantities implements [Measured].
func (u *ElectricBoiler) Quantities() []Quantity {
	var q quantities
	q.operation("Power", u.Power)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}

// Quantities implements [Measured].
func (u *PowerToGas) Quantities() []Quantity {
	var q quantities
	q.operation("Power", u.Power)
	q.add(PriceOf, "Maintenance", u.Maintenance)
	return q
}

// operation adds the numbers of an operating range.
func (q *quantities) operation(field string, x Operation) {
	q.add(PowerOf, field+".Min", x.Min)
	q.add(PowerOf, field+".Max", x.Max)
	q.add(PowerOf, field+".Before", x.Before)
	q.add(CostOf, field+".StartCost", x.StartCost)
}

// Quantities implements [Measured].
func (u *CarbonCapture) Quantities() []Quantity {
	var q quantities
	for _, x := range u.Unit.Quantities() {
		q.add(x.Of, "Unit."+x.Field, x.Values)
	}
	q.add(PowerOf, "FixedPower", u.FixedPower)
	q.add(CostOf, "SolventCost", u.SolventCost)
	return q
}

// Quantities implements [Measured].
func (u *Sequestration) Quantities() []Quantity {
	var q quantities
	q.add(CostOf, "Cost", u.Cost)
	return q
}

// Quantities implements [Measured].
func (u *GasSupply) Quantities() []Quantity {
	var q quantities
	q.add(ConnectionOf, "Max", u.Max)
	return q
}

// Quantities implements [Measured].
func (u *GridConnection) Quantities() []Quantity {
	var q quantities
	q.add(ConnectionOf, "MaxBuy", u.MaxBuy)
	q.add(ConnectionOf, "MaxSell", u.MaxSell)
	q.add(PriceOf, "Fee", u.Fee)
	return q
}

// Quantities implements [Measured].
func (u *HeatDump) Quantities() []Quantity {
	var q quantities
	q.add(ConnectionOf, "Max", u.Max)
	q.add(PriceOf, "Cost", u.Cost)
	return q
}

var _ = []Measured{
	(*Wind)(nil), (*PV)(nil), (*Storage)(nil), (*Thermal)(nil),
	(*Load)(nil), (*DemandResponse)(nil), (*ShiftableLoad)(nil), (*TransferableLoad)(nil),
	(*CHP)(nil), (*ExtractionCHP)(nil), (*GasBoiler)(nil), (*ElectricBoiler)(nil), (*PowerToGas)(nil),
	(*CarbonCapture)(nil), (*Sequestration)(nil), (*GasSupply)(nil), (*GridConnection)(nil), (*HeatDump)(nil),
}
