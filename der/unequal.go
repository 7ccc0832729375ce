package der

import (
	"fmt"

	"github.com/trigrid/trigrid/scenario"
)

// Unequal is implemented by kinds whose equations hold on steps of different
// lengths: they read [Context.HoursAt] for each step and count times in hours.
// All kinds of this package implement it. A VPP rejects other kinds on a grid
// of such steps, because [Context.Hours] has no answer there and a number of
// steps is no time.
//
// For example, a kind that only turns power into energy reads c.HoursAt(t) in
// its loop over the steps and returns true.
type Unequal interface {
	DER
	// UnequalSteps reports whether the DER supports steps of different lengths.
	UnequalSteps() bool
}

// Validate returns the violations of a DER on the grid and the series of a set,
// see [Validator]. On steps of different lengths it returns an error with the
// name of a DER that is not [Unequal].
func Validate(d DER, set *scenario.Set) error {
	if _, equal := set.Grid().EqualSteps(); !equal {
		if u, ok := d.(Unequal); !ok || !u.UnequalSteps() {
			return fmt.Errorf("der: %q: a DER of type %T supports equal steps only, and the grid has %v; "+
				"give a grid of equal steps, or implement der.Unequal", d.Name(), d, set.Grid())
		}
	}
	if v, ok := d.(Validator); ok {
		return v.Validate(set)
	}
	return nil
}

// UnequalSteps implements [Unequal].
func (u *Wind) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *PV) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *Storage) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *Thermal) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *Load) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *DemandResponse) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *ShiftableLoad) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *TransferableLoad) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *CHP) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *ExtractionCHP) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *GasBoiler) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *ElectricBoiler) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *PowerToGas) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *CarbonCapture) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *Sequestration) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *GasSupply) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *GridConnection) UnequalSteps() bool { return true }

// UnequalSteps implements [Unequal].
func (u *HeatDump) UnequalSteps() bool { return true }
