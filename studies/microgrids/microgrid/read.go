package microgrid

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/trigrid/trigrid/internal/faults"
)

// parameters are the keys of microgrid_NN.json that the package uses.
type parameters struct {
	ID    int `json:"id"`
	Costs struct {
		Lost           float64 `json:"lost_load"`
		Overgeneration float64 `json:"overgeneration"`
		CO2            float64 `json:"co2_per_kg"`
	} `json:"costs"`
	Battery struct {
		Capacity            float64 `json:"capacity"`
		MaxCharge           float64 `json:"max_charge"`
		MaxDischarge        float64 `json:"max_discharge"`
		ChargeEfficiency    float64 `json:"efficiency_charge"`
		DischargeEfficiency float64 `json:"efficiency_discharge"`
		Min                 float64 `json:"soc_min"`
		Max                 float64 `json:"soc_max"`
		Initial             float64 `json:"soc_at_hour_0"`
		Wear                float64 `json:"throughput_cost"`
	} `json:"battery"`
	Grid *struct {
		MaxImport float64 `json:"max_import"`
		MaxExport float64 `json:"max_export"`
	} `json:"grid"`
	Genset *struct {
		MinPower float64 `json:"min_power"`
		MaxPower float64 `json:"max_power"`
		Fuel     float64 `json:"fuel_cost"`
		CO2      float64 `json:"co2_per_kwh"`
	} `json:"genset"`
	Published map[string]json.RawMessage `json:"published"`
}

// Read reads microgrid id from microgrid_NN.json and microgrid_NN.csv.gz of a
// folder.
func Read(folder string, id int) (*Grid, error) {
	base := filepath.Join(folder, fmt.Sprintf("microgrid_%02d", id))
	text, err := os.ReadFile(base + ".json")
	if err != nil {
		return nil, err
	}
	var p parameters
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%s.json: %w", base, err)
	}
	g := p.grid()
	file, err := os.Open(base + ".csv.gz")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := g.readSeries(file); err != nil {
		return nil, fmt.Errorf("%s.csv.gz: %w", base, err)
	}
	return g, g.Validate()
}

// grid returns the microgrid without its series.
func (p *parameters) grid() *Grid {
	b := p.Battery
	g := &Grid{
		ID: p.ID, LostLoad: p.Costs.Lost, Overgeneration: p.Costs.Overgeneration, CO2Price: p.Costs.CO2,
		Battery: Battery{
			Min: b.Min * b.Capacity, Max: b.Max * b.Capacity, Initial: b.Initial * b.Capacity,
			MaxCharge: b.MaxCharge, MaxDischarge: b.MaxDischarge, ChargeEfficiency: b.ChargeEfficiency,
			DischargeEfficiency: b.DischargeEfficiency, Wear: b.Wear,
		},
		Expected: map[string]float64{},
	}
	if c := p.Grid; c != nil {
		g.MaxImport, g.MaxExport = c.MaxImport, c.MaxExport
	}
	if s := p.Genset; s != nil {
		g.Genset = Genset{MinPower: s.MinPower, MaxPower: s.MaxPower, Fuel: s.Fuel, CO2: s.CO2}
	}
	for name, raw := range p.Published {
		var cost float64
		if json.Unmarshal(raw, &cost) == nil { // the list of hours is no cost
			g.Expected[name] = cost
		}
	}
	return g
}

// readSeries reads the columns of a compressed CSV file. The columns of the
// grid are absent without one.
func (g *Grid) readSeries(r io.Reader) error {
	plain, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(plain).ReadAll()
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errors.New("microgrid: the file is empty, want a line of column names")
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	bad := faults.List{Prefix: "microgrid: ", Max: 20}
	value := func(line int, name string) float64 {
		i, ok := column[name]
		if !ok {
			bad.Require(line > 1, "column %q is missing", name)
			return 0
		}
		x, err := strconv.ParseFloat(rows[line][i], 64)
		bad.Require(err == nil, "line %d: %s is %q, want a number", line+1, name, rows[line][i])
		return x
	}
	for i := 1; i < len(rows); i++ {
		if hour := value(i, "hour"); !bad.Require(hour == float64(i-1), "line %d: hour is %v, want %d", i+1, hour, i-1) {
			break
		}
		h := Hour{Load: value(i, "load_kw"), PV: value(i, "pv_kw")}
		var p Tariff
		if g.MaxImport > 0 {
			h.On = value(i, "grid_on") == 1
			p = Tariff{Import: value(i, "import_price"), Export: value(i, "export_price"), CO2: value(i, "co2_kg_per_kwh")}
		}
		g.Hours, g.Tariffs = append(g.Hours, h), append(g.Tariffs, p)
	}
	return bad.Err()
}
