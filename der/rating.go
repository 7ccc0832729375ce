package der

import "slices"

// Rated is a DER with a rating: the power that its data allow at a port. A report divides energy by
// it to state the capacity factor and the full-load hours.
//
// For example, the rating of a [Storage] at its own port is Discharge and Charge, and that of a
// [Thermal] unit is MaxOutput and 0.
type Rated interface {
	DER

	// Rating returns the largest power that the DER can feed in and withdraw at a port, MW, both at
	// least 0. It is 0 if the DER has no such port, or if its data state no limit.
	Rating(port Carrier) (in, out float64)
}

var _ = []Rated{
	(*Wind)(nil), (*PV)(nil), (*Storage)(nil), (*Thermal)(nil), (*ShiftableLoad)(nil), (*TransferableLoad)(nil),
	(*CHP)(nil), (*ExtractionCHP)(nil), (*GasBoiler)(nil), (*ElectricBoiler)(nil), (*PowerToGas)(nil),
	(*CarbonCapture)(nil), (*GasSupply)(nil), (*GridConnection)(nil), (*HeatDump)(nil),
}

// ratings holds the power fed in and withdrawn by carrier, MW.
type ratings map[Carrier][2]float64

// at returns the rating at a port.
func (r ratings) at(port Carrier) (in, out float64) { return r[port][0], r[port][1] }

// Rating implements [Rated].
func (u *Wind) Rating(port Carrier) (in, out float64) {
	return ratings{Electricity: {u.Capacity.Or(0), 0}}.at(port)
}

// Rating implements [Rated].
func (u *PV) Rating(port Carrier) (in, out float64) {
	return ratings{Electricity: {u.Capacity.Or(0), 0}}.at(port)
}

// Rating implements [Rated].
func (u *Storage) Rating(port Carrier) (in, out float64) {
	return ratings{u.Port: {u.Discharge, u.Charge}}.at(port)
}

// Rating implements [Rated].
func (u *Thermal) Rating(port Carrier) (in, out float64) {
	return ratings{Electricity: {u.MaxOutput, 0}}.at(port)
}

// Rating implements [Rated].
func (u *CarbonCapture) Rating(port Carrier) (in, out float64) { return u.Unit.Rating(port) }

// Rating implements [Rated].
func (u *ShiftableLoad) Rating(port Carrier) (in, out float64) {
	return ratings{Electricity: {0, slices.Max(append([]float64{0}, u.Profile...))}}.at(port)
}

// Rating implements [Rated].
func (u *TransferableLoad) Rating(port Carrier) (in, out float64) {
	return ratings{Electricity: {0, u.Max}}.at(port)
}

// Rating implements [Rated]. Heat and gas follow from the power by the efficiencies.
func (u *CHP) Rating(port Carrier) (in, out float64) {
	gas := u.Power.Max / u.ElectricEfficiency
	heat := u.HeatEfficiency * gas
	return ratings{Electricity: {u.Power.Max, 0}, Heat: {min(heat, u.MaxHeat.Or(heat)), 0}, Gas: {0, gas}}.at(port)
}

// Rating implements [Rated].
func (u *ExtractionCHP) Rating(port Carrier) (in, out float64) {
	var power, heat, gas float64
	for _, p := range u.Points {
		power, heat, gas = max(power, p.Power), max(heat, p.Heat), max(gas, p.Gas)
	}
	return ratings{Electricity: {power, 0}, Heat: {heat, 0}, Gas: {0, gas}}.at(port)
}

// Rating implements [Rated].
func (u *GasBoiler) Rating(port Carrier) (in, out float64) {
	return ratings{Heat: {u.Heat.Max, 0}, Gas: {0, u.Heat.Max / u.Efficiency}}.at(port)
}

// Rating implements [Rated].
func (u *ElectricBoiler) Rating(port Carrier) (in, out float64) {
	return ratings{Electricity: {0, u.Power.Max}, Heat: {u.Efficiency * u.Power.Max, 0}}.at(port)
}

// Rating implements [Rated].
func (u *PowerToGas) Rating(port Carrier) (in, out float64) {
	return ratings{Electricity: {0, u.Power.Max}, Gas: {u.Efficiency * u.Power.Max, 0}}.at(port)
}

// Rating implements [Rated].
func (u *GasSupply) Rating(port Carrier) (in, out float64) { return ratings{Gas: {u.Max, 0}}.at(port) }

// Rating implements [Rated].
func (u *GridConnection) Rating(port Carrier) (in, out float64) {
	return ratings{Electricity: {u.MaxBuy, u.MaxSell}}.at(port)
}

// Rating implements [Rated].
func (u *HeatDump) Rating(port Carrier) (in, out float64) { return ratings{Heat: {0, u.Max}}.at(port) }
