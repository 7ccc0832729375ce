package der

import "github.com/trigrid/trigrid/internal/faults"

// Irradiance at standard test conditions, W/m², and the cell temperature there,
// °C.
const (
	standardIrradiance  = 1000
	standardTemperature = 25
)

// Module converts irradiance to output by area.
//
//	P = n A η G, not below 0        G in W/m²; 10⁶ W are one MW
//
// Sensors read slightly below zero at night. Such readings give no output.
//
// For example, 1000 modules of 1.96 m² with η = 0.18 deliver 0.282 MW at 800
// W/m².
//
// Source: Shui et al., Journal of System Simulation, doi
// 10.16182/j.issn1004731x.joss.23-0840, with A = 1.96 m² and η = 0.18.
type Module struct {
	Area       float64 // A > 0, m² of one module
	Efficiency float64 // η, (0, 1], inverter included
	Count      float64 // n > 0, number of modules
}

// Power returns the output at an irradiance in the plane of the modules, W/m²,
// in MW.
func (x Module) Power(irradiance float64) float64 {
	return max(0, x.Count*x.Area*x.Efficiency*irradiance*1e-6)
}

// Validate reports all violations of the data.
func (x Module) Validate() error {
	v := faults.List{Prefix: "der: module: "}
	v.Positive("Area", x.Area, "m²")
	v.Efficiency("Efficiency", x.Efficiency)
	v.Positive("Count", x.Count, "modules")
	return v.Err()
}

// Array converts irradiance and cell temperature to output by rating.
//
//	P = P_r G / G_stc (1 − k (T − 25 °C)), not below 0        G_stc = 1000 W/m²
//
// This is the textbook form; k is about 0.004 per °C for crystalline silicon.
// For example, 5 MW with that k deliver 3.68 MW at 800 W/m² and 45 °C.
type Array struct {
	Capacity    float64 // P_r > 0, MW at 1000 W/m² and 25 °C
	Temperature float64 // k ≥ 0, fraction of output lost per °C above 25
}

// Power returns the output at an irradiance in W/m² and a cell temperature in
// °C, in MW.
func (x Array) Power(irradiance, temperature float64) float64 {
	warm := temperature - standardTemperature
	return max(0, x.Capacity*irradiance/standardIrradiance*(1-x.Temperature*warm))
}

// Validate reports all violations of the data.
func (x Array) Validate() error {
	v := faults.List{Prefix: "der: array: "}
	v.Positive("Capacity", x.Capacity, "MW")
	v.Between("Temperature", x.Temperature, 0, 1, "per °C")
	return v.Err()
}
