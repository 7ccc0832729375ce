package der

import "github.com/trigrid/trigrid/internal/faults"

// Irradiance at standard test conditions, W/m², and the cell temperature there, °C.
const (
	standardIrradiance  = 1000
	standardTemperature = 25
)

// Module turns irradiance into output by area.
//
//	P = n A η G,  not below 0        G in W/m²; 10⁶ W are one MW
//
// Sensors read a little below zero at night; that is no output.
//
// Source: Shui et al., Journal of System Simulation, doi 10.16182/j.issn1004731x.joss.23-0840, where a
// module has A = 1.96 m² and η = 0.18.
type Module struct {
	Area       float64 // A > 0, m² of one module
	Efficiency float64 // η, (0, 1], inverter included
	Count      float64 // n > 0, number of modules
}

// Power returns the output at an irradiance in the plane of the modules, W/m², in MW.
func (x Module) Power(irradiance float64) float64 {
	return max(0, x.Count*x.Area*x.Efficiency*irradiance*1e-6)
}

// Validate reports every reason why the data cannot be used.
func (x Module) Validate() error {
	v := faults.List{Prefix: "der: module: "}
	v.Positive("Area", x.Area, "m²")
	v.Efficiency("Efficiency", x.Efficiency)
	v.Positive("Count", x.Count, "modules")
	return v.Err()
}

// Array turns irradiance and cell temperature into output by rating.
//
//	P = P_r G / G_stc (1 − k (T − 25 °C)),  not below 0        G_stc = 1000 W/m²
//
// The form is the textbook's; k is about 0.004 per °C for crystalline silicon.
type Array struct {
	Capacity    float64 // P_r > 0, MW at 1000 W/m² and 25 °C
	Temperature float64 // k ≥ 0, fraction of output lost per °C above 25
}

// Power returns the output at an irradiance in W/m² and a cell temperature in °C, in MW.
func (x Array) Power(irradiance, temperature float64) float64 {
	return max(0, x.Capacity*irradiance/standardIrradiance*(1-x.Temperature*(temperature-standardTemperature)))
}

// Validate reports every reason why the data cannot be used.
func (x Array) Validate() error {
	v := faults.List{Prefix: "der: array: "}
	v.Positive("Capacity", x.Capacity, "MW")
	v.Between("Temperature", x.Temperature, 0, 1, "per °C")
	return v.Err()
}
