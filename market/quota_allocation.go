package market

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
)

// Baseline counts the carbon of one participant: what its sources emit and what it may emit free of
// charge. In settlement period p, with activity a_i (MWh) of source i and captured CO2
//
//	E_p  = Σ_i e_i a_i − captured        emissions, t CO2
//	E^q_p = Σ_i d_i a_i + LumpSum_p      free allowances, t CO2
//	q_p  = E_p − E^q_p                   net purchase of allowances: what the carbon market prices
//
// The baseline method gives allowances by output (d_i > 0). It thereby pays the price λ d_i per MWh
// of that source, and can change which source runs; the same allowances as a lump sum cannot. Both
// are expressed, and [Baseline.AsLumpSum] turns one into the other so that they can be compared.
//
// Energies 2025 18(13) 3443, section 3.3, has four terms with allowances (CHP power, CHP heat, capture
// plant, gas boiler) and five with emissions (the same and the grid purchase, which gets none). A
// source whose heat and power carry separate factors is two Sources.
type FreeAllocation struct {
	Sources []Source
	LumpSum Series // t CO2 per settlement period, independent of output; nil: none
}

// A Source is one way to produce or draw energy.
type Source struct {
	Name      string
	Emission  float64 // e, t CO2 emitted per MWh
	Allowance float64 // d, t CO2 allowed free per MWh
}

// Rate returns the net purchase of allowances one more MWh of the source causes, t CO2 per MWh: its
// coefficient in a program.
func (s Source) Rate() float64 { return s.Emission - s.Allowance }

// Emissions returns E for one settlement period, t CO2. activity is MWh per source, in the order of
// Sources; captured is t CO2 kept from the air for good.
func (b FreeAllocation) Emissions(activity []float64, captured float64) float64 {
	return b.sum(activity, func(s Source) float64 { return s.Emission }) - captured
}

// Allowances returns E^q for one settlement period, t CO2.
func (b FreeAllocation) Allowances(period int, activity []float64) float64 {
	return b.sum(activity, func(s Source) float64 { return s.Allowance }) + b.LumpSum.or(0, period)
}

// Net returns the net purchase of allowances in a settlement period, t CO2.
func (b FreeAllocation) Net(period int, activity []float64, captured float64) float64 {
	return b.Emissions(activity, captured) - b.Allowances(period, activity)
}

func (b FreeAllocation) sum(activity []float64, factor func(Source) float64) (total float64) {
	if len(activity) != len(b.Sources) {
		panic(fmt.Sprintf("market: %d activities for %d sources of carbon", len(activity), len(b.Sources)))
	}
	for i, s := range b.Sources {
		total += factor(s) * activity[i]
	}
	return total
}

// AsLumpSum returns a baseline that gives the same allowances as b at a reference activity (one row
// of MWh per source for each settlement period) and none for output beyond it.
func (b FreeAllocation) AsLumpSum(reference [][]float64) FreeAllocation {
	lump := FreeAllocation{Sources: make([]Source, len(b.Sources)), LumpSum: make(Series, len(reference))}
	for i, s := range b.Sources {
		lump.Sources[i] = Source{Name: s.Name, Emission: s.Emission}
	}
	for p, activity := range reference {
		lump.LumpSum[p] = b.Allowances(p, activity)
	}
	return lump
}

// Warnings names the sources that are paid for emitting: allowances above emissions.
func (b FreeAllocation) Warnings() []Warning {
	var warnings []Warning
	for _, s := range b.Sources {
		if s.Allowance > s.Emission {
			warnings = append(warnings, Warning{
				Kind: GenerousQuota, Subject: s.Name,
				Text: fmt.Sprintf("its free allowance of %v t/MWh exceeds its emission of %v t/MWh: every MWh burnt earns allowances", s.Allowance, s.Emission),
			})
		}
	}
	return warnings
}

// Validate reports all violations at once. periods is the number of settlement periods.
func (b FreeAllocation) Validate(periods int) error {
	var bad faults.List
	seen := make(map[string]bool, len(b.Sources))
	for i, s := range b.Sources {
		if s.Name == "" {
			bad.Addf("carbon baseline: source %d has no name", i)
		} else if seen[s.Name] {
			bad.Addf("carbon baseline: two sources are named %q; split the activity or join them", s.Name)
		}
		seen[s.Name] = true
		if !notNegative(s.Emission) {
			bad.Addf("carbon baseline: %s emits %v t/MWh; give a finite factor of at least 0", s.Name, s.Emission)
		}
		if !notNegative(s.Allowance) {
			bad.Addf("carbon baseline: %s is allowed %v t/MWh; give a finite factor of at least 0", s.Name, s.Allowance)
		}
		const perKilogram = 10 // no fuel emits 10 t per MWh; a factor in kg is a thousand times too large
		if s.Emission > perKilogram || s.Allowance > perKilogram {
			bad.Addf("carbon baseline: %s has factors %v and %v; they are t CO2 per MWh, not kg", s.Name, s.Emission, s.Allowance)
		}
	}
	if b.LumpSum != nil {
		b.LumpSum.check(&bad, "carbon baseline", "LumpSum", periods, finite, "finite")
	}
	return bad.Err()
}
