package operate_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/market"
	"github.com/trigrid/trigrid/operate"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// draws are the numbers of one random season.
type draws struct{ *rand.Rand }

func (d draws) number(low, high float64) float64 { return low + (high-low)*d.Float64() }

func (d draws) yes() bool { return d.IntN(2) == 0 }

func (d draws) maybe(low, high float64) optional.Float {
	if d.yes() {
		return optional.Float{}
	}
	return optional.Of(d.number(low, high))
}

func (d draws) shape(low, high float64) []float64 {
	out := make([]float64, 8)
	for i := range out {
		out[i] = d.number(low, high)
	}
	return out
}

// randomSeason returns a season of steps of three hours with 1 or 2 VPPs and 2
// to 5 DERs.
func randomSeason(t *testing.T, seed uint64, days int) operate.Season {
	t.Helper()
	d := draws{rand.New(rand.NewPCG(seed, 2032))}
	s := operate.Season{Name: fmt.Sprintf("random-%d", seed), Start: monday, Days: days, Step: 3 * time.Hour}
	source, err := operate.Generated(seed, s, 12,
		operate.GeneratedSeries{Name: "load0", Unit: "MW", Shape: d.shape(2, 6), Weather: 0.1, Sigma: 0.15, Persistence: 0.8},
		operate.GeneratedSeries{Name: "load1", Unit: "MW", Shape: d.shape(0, 3), Weather: 0.1, Sigma: 0.1, Persistence: 0.5},
		operate.GeneratedSeries{Name: "wind", Unit: "MW", Capacity: optional.Of(6.), Shape: d.shape(1, 4), Weather: 0.5, Sigma: 0.5, Persistence: 0.9},
		operate.GeneratedSeries{Name: "sun", Unit: "MW", Capacity: optional.Of(4.), Shape: []float64{0, 0, 1, 3, 3, 1, 0, 0}, Weather: 0.3, Sigma: 0.3, Persistence: 0.7},
		operate.GeneratedSeries{Name: "heat", Unit: "MW", Shape: d.shape(1, 3), Weather: 0.1, Sigma: 0.1, Persistence: 0.9},
		operate.GeneratedSeries{Name: "pump", Unit: "MW", Shape: []float64{0, 1, 0, 1, 0, 0, 0, 1}},
		operate.GeneratedSeries{Name: "gas", Unit: "CNY/MWh", Shape: d.shape(20, 40)},
		operate.GeneratedSeries{Name: "buy", Unit: "CNY/MWh", Shape: d.shape(60, 150), Weather: 0.2},
		operate.GeneratedSeries{Name: "outside", Unit: "°C", Shape: []float64{2, 1, 4, 8, 9, 6, 4, 3}, Weather: 0.2, Sigma: 0.2, Persistence: 0.9},
		operate.GeneratedSeries{Name: "short", Unit: "CNY/MWh", Shape: d.shape(10, 60), Sigma: 0.5},
	)
	require.NoError(t, err)
	source.Series[len(source.Series)-1].Late = true
	s.Source = source

	a, b := 0.3+0.4*d.Float64(), 0.2*d.Float64()
	region := trigrid.Region{Name: s.Name, Outside: map[string]float64{}, Setting: vpp.Setting{
		Weights: weights.Vector{Economic: a, Risk: b, Environment: 1 - a - b}, Risk: vpp.CVaR{Confidence: 0.5},
		Modelling: vpp.Modelling{RiskOf: vpp.RiskOf(d.IntN(2)), ImbalanceAccounting: vpp.ImbalanceAccounting(d.IntN(2))},
	}}
	// A generator of its own, so that seasons without reserve keep their draws.
	held := draws{rand.New(rand.NewPCG(seed, 77))}
	reserve, price := held.yes(), held.number(1, 20)
	carbon, certificate, deviation := d.yes(), d.yes(), d.yes()
	quota, sale := d.Float64(), d.number(0.3, 0.6)
	for v := range 1 + d.IntN(2) {
		p := vpp.VPP{Name: fmt.Sprintf("V%d", v), RiskAversion: d.number(0.1, 1), PassThrough: d.Float64()}
		if d.IntN(4) > 0 {
			p.Demand = fmt.Sprintf("load%d", v)
		}
		region.VPPs = append(region.VPPs, p)
	}
	for i := range 2 + d.IntN(4) {
		region.DERs = append(region.DERs, randomDER(d, d.IntN(kinds+otherKinds), fmt.Sprintf("D%d", i)))
		switch u := region.DERs[i].(type) {
		case *der.Thermal:
			u.Reserve = held.number(0, 3)
		case *der.Storage:
			u.Reserve = held.number(0, 3)
		}
	}
	s.Region = func(set *scenario.Set) (trigrid.Region, error) {
		r := region
		calendar := market.Calendar{Steps: set.Steps(), StepHours: set.HoursAt(0)}
		buy := market.Series(set.Mean("buy"))
		r.Setting.Set = set
		r.Setting.Markets = vpp.Markets{
			Electricity: &market.Tariff{Calendar: calendar, Good: market.Electricity, Buy: buy, Sell: buy.Times(sale)},
			Imbalance:   &market.Imbalance{Calendar: calendar, Price: market.Series{0}, Short: set.Mean("short"), Long: market.Series{8}},
		}
		if carbon {
			r.Setting.Markets.Carbon = market.Flat(market.Carbon, calendar, 70)
			r.Setting.Markets.GridEmission = market.Series{0.4}
		}
		if reserve {
			r.Setting.Markets.Reserve = &vpp.Reserve{Price: market.Series{price}, MaxOffer: optional.Of(2.)}
		}
		if certificate {
			r.Setting.Markets.Certificate = market.Flat(market.Certificate, calendar, 20)
			r.Setting.Markets.Obligation = market.Obligation{Quota: quota}
		}
		r.VPPs = append([]vpp.VPP(nil), r.VPPs...)
		for v := range r.VPPs {
			r.VPPs[v].Tariff = der.Tariff{Injection: buy.Times(0.5 + 0.1*float64(v)), Withdrawal: buy.Times(0.8)}
			if deviation {
				r.VPPs[v].Tariff.Shortage, r.VPPs[v].Tariff.Surplus = buy.Times(0.1), buy.Times(0.05)
			}
		}
		r.DERs = append([]der.DER(nil), r.DERs...)
		return r, nil
	}
	return s
}

// kinds is the number of kinds that random seasons draw; common kinds have
// several numbers. Others follow: two of water, a site, cars, and a building.
// Kinds with carbon capture and steam extraction have one member beside them
// each, so that random seasons do not draw them.
const kinds, otherKinds, carbonKinds = 19, 5, 2

// randomDER returns a DER of a kind with random data.
func randomDER(d draws, kind int, name string) der.DER {
	operation := func() der.Operation {
		o := der.Operation{Max: d.number(2, 5), RampUp: d.maybe(1, 4)}
		if o.Switchable = d.yes(); o.Switchable {
			o.StartCost = d.number(0, 50)
		}
		return o
	}
	switch kind {
	case 0, 1:
		return &der.Wind{ID: name, Available: "wind", Maintenance: d.number(0, 10), CurtailmentPenalty: d.number(0, 20)}
	case 2:
		return &der.PV{ID: name, Available: "sun", Subsidy: d.number(0, 30)}
	case 3, 4, 5:
		least := d.number(0.5, 2)
		return &der.Thermal{
			ID: name, MinOutput: least, MaxOutput: least + d.number(0.5, 4), RampUp: d.maybe(0.5, 2), RampDown: d.maybe(0.5, 2), MinUp: 3 * float64(d.IntN(4)), MinDown: 3 * float64(d.IntN(4)),
			NoLoad: d.number(0, 40), Linear: d.number(30, 110), StartUp: []der.StartCost{{Cost: d.number(0, 150)}}, EmissionFactor: d.number(0, 0.8), Quota: 0.3,
		}
	case 6, 7:
		size := d.number(2, 8)
		return &der.Storage{
			ID: name, Charge: d.number(0.5, 2), Discharge: d.number(0.5, 2), Energy: size, Initial: optional.Of(size * d.number(0.2, 0.8)),
			ChargeEfficiency: d.number(0.85, 1), DischargeEfficiency: d.number(0.85, 1), Wear: d.number(0, 10), SelfDischarge: 0.001,
		}
	case 8:
		return &der.Load{ID: name, Demand: "load1", Sheddable: d.number(0, 0.3), ShedCost: d.number(100, 300)}
	case 9:
		return &der.Load{ID: name, Port: der.Heat, Demand: "heat", Sheddable: 1, ShedCost: d.number(50, 90)}
	case 10:
		return &der.ElectricBoiler{ID: name, Efficiency: 0.95, Power: operation(), Maintenance: d.number(0, 3)}
	case 11:
		return &der.GasBoiler{ID: name, Efficiency: 0.9, Heat: operation(), EmissionFactor: optional.Of(der.NaturalGasCO2)}
	case 12:
		return &der.GasSupply{ID: name, Max: 40, Price: "gas"}
	case 13:
		return &der.DemandResponse{
			ID: name, Load: "load1", MaxReductionShare: optional.Of(d.number(0.2, 0.6)), Rebound: []der.Rebound{der.ReboundRecursive, der.ReboundDeferred, der.ReboundDecaying, der.ReboundNone}[d.IntN(4)],
			ReboundHours: optional.Of(3.), Close: der.CloseByBan, ReductionCost: d.number(0, 20), MaxHours: optional.Of(9.), DayAheadCalls: d.yes(),
		}
	case 14:
		return &der.ShiftableLoad{ID: name, Profile: []float64{d.number(0.5, 2), d.number(0, 2)}, Window: der.Window{From: 3, To: optional.Of(21.)}, Usual: 9, ShiftCost: d.number(0, 9)}
	case 15:
		return &der.TransferableLoad{ID: name, Load: "pump", Min: d.number(0, 0.5), Max: 2, MinRun: 6, TransferCost: d.number(0, 9)}
	case 16:
		return &der.Storage{
			ID: name, Charge: 1, Discharge: 1, Energy: 6, Initial: optional.Of(2.), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95, StartsPerDay: optional.Of(float64(1 + d.IntN(2))),
		}
	case 17:
		return &der.Storage{
			ID: name, Charge: 1, Discharge: 1, Energy: 6, Initial: optional.Of(3.), ChargeEfficiency: 0.95, DischargeEfficiency: 0.95,
			Depths: []der.DepthBand{{Depth: 3, Wear: 1}, {Depth: 6, Wear: 9}},
		}
	case kinds:
		return &der.RunOfRiver{ID: name, Inflow: "wind", Turbine: []der.HydroPoint{{Discharge: 2, Power: 3}, {Discharge: 5, Power: 5}}, Maintenance: d.number(0, 9)}
	case kinds + 1:
		return &der.Reservoir{
			ID: name, Inflow: "wind", Turbine: []der.HydroPoint{{Discharge: 4, Power: 3}}, MaxVolume: 0.2, Initial: 0.1, MinRelease: 1, ReleaseRamp: d.maybe(0.2, 1),
			EndVolume: optional.Of(0.1), UnmetCost: 9000, EndValue: 6000,
		}
	case kinds + 2:
		return &der.Site{ID: name, MaxImport: optional.Of(d.number(3, 5)), ExcessCost: optional.Of(300.), Parts: []der.DER{
			randomDER(d, 8, "lights"), randomDER(d, 6, "battery"), randomDER(d, 14, "laundry"), randomDER(d, kinds+1, "dam"),
		}}
	case kinds + 3:
		return &der.EVFleet{ID: name, Efficiency: 0.9, UnmetCost: 500, Wear: d.number(0, 9), Stays: []der.EVStay{
			{Arrive: 3, Depart: 18, Capacity: 6, Has: 1, Wants: 5, Charge: 1, Discharge: d.number(0, 1)},
			{Arrive: 12, Depart: 24, Capacity: 9, Has: 4, Wants: 8, Charge: 2},
		}}
	case kinds + 4:
		return &der.HeatPump{
			ID: name, MaxPower: 2, Outside: "outside", COP: []der.COPPoint{{Outside: 0, COP: 3}}, Loss: 0.2, Capacity: d.number(1, 3), Initial: 20, MinTemperature: 19,
			MaxTemperature: 22, DiscomfortCost: 90, EndValue: d.number(0, 9),
		}
	}
	switch kind {
	case kinds + otherKinds:
		return &der.CarbonCapture{
			Unit:       der.Thermal{ID: name, MinOutput: 1, MaxOutput: 4, Linear: d.number(20, 60), EmissionFactor: 0.8, Quota: 0.3, MinUp: 6},
			Efficiency: 0.9, FixedPower: 0.1, AbsorbEnergy: 0.1, ReleaseEnergy: 0.1, SolventCost: d.number(0, 9), Tank: 3, InTank: 1,
		}
	case kinds + otherKinds + 1:
		return &der.ExtractionCHP{
			ID: name, Points: []der.OperatingPoint{{Power: 3, Gas: 8}, {Power: 2.4, Heat: 3, Gas: 8}, {Power: 1, Heat: 1, Gas: 4}},
			Power: der.Operation{Switchable: true, StartCost: d.number(0, 50), RampUp: d.maybe(0.2, 1), RampDown: d.maybe(0.2, 1)}, EmissionFactor: optional.Of(0.2),
		}
	}
	return &der.CHP{ID: name, ElectricEfficiency: 0.35, HeatEfficiency: 0.45, Power: operation(), EmissionFactor: optional.Of(der.NaturalGasCO2)}
}

// seasons returns the number of random seasons: 30 with TRIGRID_SLOW=1, else
// few.
func seasons(few int) int {
	if os.Getenv("TRIGRID_SLOW") == "1" {
		return 30
	}
	return few
}

// strategies returns the six strategies with few scenarios.
func strategies() []operate.Strategy {
	return []operate.Strategy{
		operate.Foresight(), operate.DayAheadOnly(), operate.Rolling(1), operate.RollingScenarios(2, 3), operate.Robust(1, 4), operate.Rules(),
	}
}
