package trigrid

import (
	"errors"
	"fmt"
	"math"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Region is what a run coordinates: one grid, its plants and the units that choose among them. It is
// plain data; [LoadCase] reads one from a file.
type Region struct {
	Name  string
	Notes []string // what a reader of results must know: what is calibrated, where data come from

	Plants  []vpp.Plant
	Units   []der.DER
	Setting vpp.Setting // futures, markets, the grid's weights, risk

	// Sample is the unreduced sample of futures behind Setting.Set, for evaluations and pictures; may be nil.
	Sample *scenario.Set

	// Sharing is how a plant's gain is divided; nil: [vpp.Shapley], or [vpp.SampledShapley] where there are
	// more than [MostUnits] units.
	Sharing vpp.Sharing
	Outside map[string]float64 // per unit, what it earns when it joins no plant, currency; 0 where absent
}

// MostUnits is the largest number of units whose coalitions a run enumerates: two plants then mean 8,192
// programs. Larger regions, of up to [vpp.MostUnits] units, are searched.
const MostUnits = 12

// Validate reports everything that is wrong with a region, all at once.
func (r Region) Validate() error {
	var bad []error
	complain := func(format string, args ...any) { bad = append(bad, fmt.Errorf("region: "+format, args...)) }
	if len(r.Plants) == 0 {
		complain("no plants; give at least one")
	}
	if len(r.Units) == 0 {
		complain("no units; give at least one")
	}
	if n := len(r.Units); n > vpp.MostUnits {
		complain("%d units; at most %d can choose", n, vpp.MostUnits)
	} else if _, exact := r.Sharing.(vpp.Shapley); exact && n > MostUnits {
		complain("the exact Shapley value of %d units needs up to 2^%d programs; share by vpp.SampledShapley", n, n)
	}
	names := map[string]bool{}
	for _, unit := range r.Units {
		if unit == nil {
			complain("a unit is nil")
			continue
		}
		if unit.Name() == "" {
			complain("a unit has no name")
		}
		if names[unit.Name()] || unit.Name() == GridParty {
			complain("the name %q of a unit is taken; names must differ", unit.Name())
		}
		names[unit.Name()] = true
		if v, ok := unit.(der.Validator); ok && r.Setting.Set != nil {
			if err := v.Validate(r.Setting.Set); err != nil {
				bad = append(bad, err)
			}
		}
	}
	plants := map[string]bool{}
	for _, p := range r.Plants {
		if plants[p.Name] || names[p.Name] || p.Name == GridParty || p.Name == Out {
			complain("the name %q of a plant is taken; names must differ", p.Name)
		}
		plants[p.Name] = true
		if err := p.Validate(r.Setting.Set); err != nil {
			bad = append(bad, err)
		}
	}
	if v, ok := r.Sharing.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			complain("sharing: %w", err)
		}
	}
	for name, value := range r.Outside {
		if !names[name] {
			complain("an outside payoff is given for %q, which is not a unit", name)
		}
		if math.IsNaN(value) || math.IsInf(value, 0) {
			complain("the outside payoff of %q is %v, want a finite number", name, value)
		}
	}
	if err := r.Setting.Validate(); err != nil {
		bad = append(bad, err)
	}
	return errors.Join(bad...)
}

func (r Region) sharing() vpp.Sharing {
	switch {
	case r.Sharing != nil:
		return r.Sharing
	case len(r.Units) > MostUnits:
		return vpp.SampledShapley{}
	}
	return vpp.Shapley{}
}
