package microgrid

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
)

// Hour is one hour of a series, which no controller can choose.
type Hour struct {
	Load float64 // kW, ≥ 0
	PV   float64 // available, kW, ≥ 0
	On   bool    // the grid is on; false without a connection
}

// Tariff has the prices and the emission factor of an hour. They are public in
// advance.
type Tariff struct {
	Import, Export float64 // currency per kWh; Export ≤ Import
	CO2            float64 // factor of imports, kg per kWh
}

// Battery is a store of energy.
type Battery struct {
	Min, Max            float64 // E_min ≤ E_max, kWh
	Initial             float64 // energy at hour 0, kWh
	MaxCharge           float64 // at the bus, kW
	MaxDischarge        float64 // at the bus, kW
	ChargeEfficiency    float64 // η_c, (0, 1]
	DischargeEfficiency float64 // η_d, (0, 1]
	Wear                float64 // w, currency per kWh charged or discharged
}

// Genset is a generator with a fuel price. Its zero value is no genset.
type Genset struct {
	MinPower, MaxPower float64 // while it runs, kW
	Fuel               float64 // f, currency per kWh
	CO2                float64 // kg per kWh
}

// Grid is one microgrid with its series.
//
// For example, microgrid 9 of the published ones has a peak load of 98996 kW, a
// battery of 199587 kWh, a genset and a grid that fails in 1146 hours of the
// year.
type Grid struct {
	ID                   int
	Battery              Battery
	Genset               Genset  // zero without a genset
	MaxImport, MaxExport float64 // kW, zero without a connection
	LostLoad             float64 // currency per kWh
	Overgeneration       float64 // currency per kWh
	CO2Price             float64 // currency per kg

	Hours   []Hour
	Tariffs []Tariff // as long as Hours

	Expected map[string]float64 // published costs by column, such as "rbc"
}

// Learned is the number of hours that a learning controller may use: the hours
// before the first counted one.
const Learned = 5854

// Validate reports all violations.
func (g *Grid) Validate() error {
	bad := faults.List{Prefix: fmt.Sprintf("microgrid: %d: ", g.ID), Max: 20}
	b := g.Battery
	bad.AtLeast("Battery.Min", b.Min, 0, "kWh")
	bad.AtLeast("Battery.Max", b.Max, b.Min, "kWh")
	bad.Between("Battery.Initial", b.Initial, b.Min, b.Max, "kWh")
	bad.AtLeast("Battery.MaxCharge", b.MaxCharge, 0, "kW")
	bad.AtLeast("Battery.MaxDischarge", b.MaxDischarge, 0, "kW")
	bad.Efficiency("Battery.ChargeEfficiency", b.ChargeEfficiency)
	bad.Efficiency("Battery.DischargeEfficiency", b.DischargeEfficiency)
	bad.AtLeast("Battery.Wear", b.Wear, 0, "per kWh")
	bad.AtLeast("Genset.MinPower", g.Genset.MinPower, 0, "kW")
	bad.AtLeast("Genset.MaxPower", g.Genset.MaxPower, g.Genset.MinPower, "kW")
	bad.AtLeast("Genset.Fuel", g.Genset.Fuel, 0, "per kWh")
	bad.AtLeast("Genset.CO2", g.Genset.CO2, 0, "kg per kWh")
	bad.AtLeast("MaxImport", g.MaxImport, 0, "kW")
	bad.AtLeast("MaxExport", g.MaxExport, 0, "kW")
	bad.AtLeast("LostLoad", g.LostLoad, 0, "per kWh")
	bad.AtLeast("Overgeneration", g.Overgeneration, 0, "per kWh")
	bad.AtLeast("CO2Price", g.CO2Price, 0, "per kg")
	bad.Require(len(g.Tariffs) == len(g.Hours), "%d tariffs for %d hours, want one for each", len(g.Tariffs), len(g.Hours))
	for t, h := range g.Hours {
		bad.AtLeast(fmt.Sprintf("Hours[%d].Load", t), h.Load, 0, "kW")
		bad.AtLeast(fmt.Sprintf("Hours[%d].PV", t), h.PV, 0, "kW")
	}
	for t, p := range g.Tariffs {
		// A cost of import below the income of export would make the cost of an
		// hour nonconvex.
		bad.AtLeast(fmt.Sprintf("Tariffs[%d].Export", t), p.Export, 0, "per kWh")
		bad.AtLeast(fmt.Sprintf("Tariffs[%d].Import", t), p.Import, p.Export, "per kWh")
		bad.AtLeast(fmt.Sprintf("Tariffs[%d].CO2", t), p.CO2, 0, "kg per kWh")
	}
	return bad.Err()
}

// hasGenset reports whether there is a genset.
func (g *Grid) hasGenset() bool { return g.Genset.MaxPower > 0 }

// importCost returns the cost of an imported kWh with its emissions.
func (g *Grid) importCost(p Tariff) float64 { return p.Import + g.CO2Price*p.CO2 }

// gensetCost returns the cost of a kWh of the genset with its emissions.
func (g *Grid) gensetCost() float64 { return g.Genset.Fuel + g.CO2Price*g.Genset.CO2 }
