package der

import "github.com/trigrid/trigrid/optional"

// Quantity is a number of a DER's data, or a list of numbers, with its meaning.
// Package vpp compares quantities with their surroundings, to find numbers that
// are valid and yet in the wrong unit.
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

// Measured is a DER that lists the quantities of its data. A kind without it is
// not checked for plausible magnitudes.
//
// For example, a [Storage] lists Charge, Discharge, Energy, MinEnergy, Initial,
// Wear and others.
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

// operation adds the numbers of an operating range.
func (q *quantities) operation(field string, x Operation) {
	q.add(PowerOf, field+".Min", x.Min)
	q.add(PowerOf, field+".Max", x.Max)
	q.add(PowerOf, field+".Before", x.Before)
	q.add(CostOf, field+".StartCost", x.StartCost)
}

var _ = []Measured{
	(*Wind)(nil), (*PV)(nil), (*Storage)(nil), (*Thermal)(nil),
	(*Load)(nil), (*DemandResponse)(nil), (*ShiftableLoad)(nil), (*TransferableLoad)(nil),
	(*CHP)(nil), (*ExtractionCHP)(nil), (*GasBoiler)(nil), (*ElectricBoiler)(nil), (*PowerToGas)(nil),
	(*CarbonCapture)(nil), (*Sequestration)(nil), (*GasSupply)(nil), (*GridConnection)(nil), (*HeatDump)(nil),
}
