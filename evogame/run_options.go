package evogame

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Options sets how [Run] follows a dynamic. The zero value works.
type Options struct {
	// Horizon is the time to stop at. With a horizon the trajectory is followed to it and the verdict
	// is about its end; 0 stops as soon as the verdict is known, or after MaxSteps.
	Horizon float64
	// Every is the time between recorded states, and needs a Horizon; 0 records the state after every
	// step, +Inf only the first and the last.
	Every float64
	// MaxSteps bounds the steps of the integration. 0: 10,000.
	MaxSteps int
	// Tolerance bounds the error of a step: of the logarithm of each probability for an [Imitative]
	// dynamic (relative to max(1, |log x|)), of the probability for others. 0: 1e-10.
	Tolerance float64
	// Rest is the speed that counts as standing still, as a fraction of the largest speed of the same
	// population over a fixed sample of states. 0: 1e-9.
	Rest float64
	// PayoffTolerance is how far payoffs may be from the truth, in their unit, in addition to what a
	// [Tolerant] game says of each.
	PayoffTolerance float64
	// Speed multiplies the velocity of each population. nil: 1 for all.
	Speed []float64
	// Held lists populations that stay as they start: a resource whose choice is fixed, or randomises
	// for ever with the same probability.
	Held []int
}

// maxRecords bounds the states recorded at regular times.
const maxRecords = 1_000_000

// filled returns the options with their defaults, or everything that is wrong with them.
func (o Options) filled(s Shape) (Options, error) {
	var errs []error
	number := func(name string, v float64) {
		if math.IsNaN(v) || v < 0 {
			errs = append(errs, fmt.Errorf("evogame: option %s is %v, want at least 0", name, v))
		} else if math.IsInf(v, 1) && name != "Every" {
			errs = append(errs, fmt.Errorf("evogame: option %s is infinite, want a finite number, or 0 for the default", name))
		}
	}
	number("Horizon", o.Horizon)
	number("Every", o.Every)
	number("Tolerance", o.Tolerance)
	number("Rest", o.Rest)
	number("PayoffTolerance", o.PayoffTolerance)
	if o.MaxSteps < 0 {
		errs = append(errs, fmt.Errorf("evogame: option MaxSteps is %d, want at least 0", o.MaxSteps))
	}
	if o.Tolerance > 0 && (o.Tolerance < 1e-14 || o.Tolerance > 1e-2) {
		errs = append(errs, fmt.Errorf("evogame: option Tolerance is %v, want 1e-14 to 1e-2", o.Tolerance))
	}
	if o.Every > 0 && !math.IsInf(o.Every, 1) {
		switch {
		case o.Horizon == 0:
			errs = append(errs, errors.New("evogame: option Every needs a Horizon"))
		case o.Horizon/o.Every > maxRecords:
			errs = append(errs, fmt.Errorf("evogame: option Every asks for more than %d states", maxRecords))
		}
	}
	if o.Speed != nil && len(o.Speed) != s.Players() {
		errs = append(errs, fmt.Errorf("evogame: option Speed has %d entries for %d players", len(o.Speed), s.Players()))
	}
	for i, v := range o.Speed {
		if !finite(v) || v <= 0 {
			errs = append(errs, fmt.Errorf("evogame: option Speed of player %d is %v, want a positive number; use Held to stop a player", i, v))
		}
	}
	for k, i := range o.Held {
		if i < 0 || i >= s.Players() {
			errs = append(errs, fmt.Errorf("evogame: option Held names player %d of %d", i, s.Players()))
		} else if slices.Contains(o.Held[:k], i) {
			errs = append(errs, fmt.Errorf("evogame: option Held names player %d twice", i))
		}
	}
	if o.MaxSteps == 0 {
		o.MaxSteps = 10_000
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-10
	}
	if o.Rest == 0 {
		o.Rest = 1e-9
	}
	return o, errors.Join(errs...)
}
