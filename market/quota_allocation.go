package market

import (
	"fmt"

	"github.com/trigrid/trigrid/internal/faults"
)

// FreeAllocation computes the carbon emissions of one participant and its free
// allowances. In settlement period p, with activity a_i (MWh) of source i
//
//	E_p   = Σ_i e_i a_i − captured       emissions, t CO2
//	E^q_p = Σ_i d_i a_i + LumpSum_p      free allowances, t CO2
//	q_p   = E_p − E^q_p                  net purchase, the quantity of the carbon market
//
// Allocation by output (d_i > 0) is a subsidy of λ d_i per MWh of the source at
// the carbon price λ, so it can change the dispatch. The same allowances as a
// lump sum cannot. [FreeAllocation.AsLumpSum] converts the former into the
// latter for comparison.
//
// Energies 2025 18(13) 3443, section 3.3, has allowances for four terms (CHP
// power, CHP heat, carbon capture, gas boiler) and emissions for five (the same
// and purchases from the grid). A CHP unit with separate factors for heat and
// power is two Sources.
type FreeAllocation struct {
	Sources []Source
	LumpSum Series // t CO2 per settlement period, independent of output; nil: none
}

// A Source is one way to produce or to import energy.
type Source struct {
	Name      string
	Emission  float64 // e, t CO2 emitted per MWh
	Allowance float64 // d, t CO2 allowed free per MWh
}

// Rate returns e − d, the net purchase of allowances per MWh of the source, t
// CO2 per MWh. It is the coefficient of the activity in a program.
func (s Source) Rate() float64 { return s.Emission - s.Allowance }

// Emissions returns E for one settlement period, t CO2. activity has MWh per
// source in the order of Sources; captured is t CO2 stored permanently.
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

// sum returns the total of factor · activity. A wrong length is a programming
// mistake and panics.
func (b FreeAllocation) sum(activity []float64, factor func(Source) float64) (total float64) {
	if len(activity) != len(b.Sources) {
		panic(fmt.Sprintf(
			"market: %d activities for %d sources of carbon", len(activity), len(b.Sources)))
	}
	for i, s := range b.Sources {
		total += factor(s) * activity[i]
	}
	return total
}

// AsLumpSum returns an allocation with the same free allowances as b at a
// reference activity and none for output beyond it. reference has one row per
// settlement period with MWh per source.
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

// Warnings returns one warning for each source whose allowances exceed its
// emissions.
func (b FreeAllocation) Warnings() []Warning {
	var warnings []Warning
	for _, s := range b.Sources {
		if s.Allowance > s.Emission {
			warnings = append(warnings, Warning{
				Kind: GenerousQuota, Subject: s.Name,
				Text: fmt.Sprintf(
					"its free allowance of %v t/MWh exceeds its emission of %v t/MWh: "+
						"every MWh burnt earns allowances", s.Allowance, s.Emission),
			})
		}
	}
	return warnings
}

// Validate returns an error that lists every violation. periods is the number
// of settlement periods.
func (b FreeAllocation) Validate(periods int) error {
	bad := faults.List{Prefix: "free allocation: "}
	seen := make(map[string]bool, len(b.Sources))
	for i, s := range b.Sources {
		if s.Name == "" {
			bad.Addf("source %d has no name", i)
			s.Name = fmt.Sprintf("source %d", i)
		} else if seen[s.Name] {
			bad.Addf("two sources are named %q; rename one or join them", s.Name)
		}
		seen[s.Name] = true
		if !notNegative(s.Emission) {
			bad.Addf("%s emits %v t/MWh, want a finite factor of at least 0", s.Name, s.Emission)
		}
		if !notNegative(s.Allowance) {
			bad.Addf("%s is allowed %v t/MWh, want a finite factor of at least 0",
				s.Name, s.Allowance)
		}
		const perKilogram = 10 // no fuel emits 10 t per MWh; a factor in kg is 1000 times too large
		if s.Emission > perKilogram || s.Allowance > perKilogram {
			bad.Addf("%s has factors %v and %v, want t CO2 per MWh, not kg",
				s.Name, s.Emission, s.Allowance)
		}
	}
	if b.LumpSum != nil {
		b.LumpSum.check(&bad, "LumpSum", periods, finite, "a finite number")
	}
	return bad.Err()
}
