package unitcommitment

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/optional"
	"github.com/trigrid/trigrid/scenario"
)

// Options say how a file is read. The zero value reads it as it stands.
type Options struct {
	// Formulation of the thermal units; [der.Tight] by default.
	Formulation der.Formulation

	// Ignore names the kinds of elements of an Egret file, such as "branch" or "storage", that may be
	// left out although they change the problem. A file with any other such element is refused.
	Ignore []string

	// Pieces is the number of chords into which a quadratic cost of an Egret file is cut; 0 is 2, as in
	// Egret.
	Pieces int
}

// Names of the series in the scenario set of a system that was read from a file.
const (
	demandSeries  = "demand"
	reserveSeries = "reserve"
)

// Read reads a system from a file in the format of pglib-uc or of Egret, whichever it is. Everything that
// is wrong with the content is reported at once, each with its path inside the file.
func Read(r io.Reader, options Options) (*System, error) {
	root, err := parse(r)
	if err != nil {
		return nil, err
	}
	switch {
	case root.At("thermal_generators").Given():
		return finish(root, pglib{root, options}.read())
	case root.At("elements").Given():
		return finish(root, egret{root, options}.read())
	}
	return nil, errors.New(`unitcommitment: $: neither "thermal_generators" (pglib-uc) nor "elements" (Egret) is there, want one of them`)
}

// ReadPGLib reads a system in the format of pglib-uc, version 1: MW, hours, one bus, demand and reserve
// met without slack.
//
// Source: Knueven, Ostrowski, Watson, MODEL.pdf of the library pglib-uc. Cost points that lie above the
// convex envelope of the others cannot be part of an optimum of that model and are dropped.
func ReadPGLib(r io.Reader, options Options) (*System, error) {
	root, err := parse(r)
	if err != nil {
		return nil, err
	}
	return finish(root, pglib{root, options}.read())
}

// ReadEgret reads the thermal and renewable part of a system in the format of Egret: MW, hours, all buses
// joined into one, load mismatch and reserve shortfall at their prices.
//
// Source: Knueven, Ostrowski, Watson, INFORMS J. Comput. 32 (2020) 857, section on data; Egret's own
// rules for defaults and for steps that are not an hour.
func ReadEgret(r io.Reader, options Options) (*System, error) {
	root, err := parse(r)
	if err != nil {
		return nil, err
	}
	return finish(root, egret{root, options}.read())
}

func parse(r io.Reader) (jsontree.Value, error) {
	root, err := jsontree.Parse(r)
	if err != nil {
		return root, fmt.Errorf("unitcommitment: %w", err)
	}
	return root, nil
}

// finish returns a system only where nothing was found wrong with its file. Keys that nobody read are no
// fault: both formats carry data of other models.
func finish(root jsontree.Value, s *System) (*System, error) {
	bad := faults.List{Prefix: "unitcommitment: "}
	for _, err := range root.Found() {
		bad.Addf("%w", err)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// mostSteps bounds what a file may ask for: a year of minutes.
const mostSteps = 366 * 24 * 60

// newSet returns the set of a file: one future, n steps.
func newSet(steps jsontree.Value, n int, step time.Duration) *scenario.Set {
	if n < 1 || n > mostSteps {
		steps.Bad("asks for %d time steps, want 1 to %d", n, mostSteps)
		n = 1
	}
	return scenario.Single(scenario.Grid{Step: step, Steps: n})
}

// add adds a series; what the set has against it is reported with the place in the file.
func add(at jsontree.Value, set *scenario.Set, name string, path []float64) {
	if err := set.AddForecast(name, "MW", path); err != nil {
		at.Bad("%v", err)
	}
}

// each calls f for every member of an object; one that is missing has none. A null in its place is refused,
// lest units or loads that somebody lost be left out in silence.
func each(v jsontree.Value, f func(name string, member jsontree.Value)) {
	if !v.Missing() && v.Object() {
		v.Members(f)
	}
}

// checked reads a unit and, where nothing is missing in the file, reports what contradicts itself.
func checked(at jsontree.Value, set *scenario.Set, read func() der.DER) der.DER {
	before := len(at.Found())
	u := read()
	if v, ok := u.(der.Validator); ok && len(at.Found()) == before {
		if err := v.Validate(set); err != nil {
			at.Bad("%v", err)
		}
	}
	return u
}

// refuseNoRamp reports ramps of zero, which a [der.Thermal] reads as no limit, unless the unit has but
// one output anyway.
func refuseNoRamp(u *der.Thermal, up, down jsontree.Value) {
	for _, ramp := range []jsontree.Value{up, down} {
		if ramp.Is(0.0) && u.MinOutput < u.MaxOutput {
			ramp.Bad("is 0 although the output may vary, want a positive ramp or equal minimum and maximum output")
		}
	}
}

// envelope returns the lower convex envelope of a cost curve, its points ascending in output.
func envelope(points []der.CurvePoint) []der.CurvePoint {
	hull := slices.Clone(points[:min(1, len(points))])
	for _, p := range points[min(1, len(points)):] {
		for len(hull) > 1 {
			a, b := hull[len(hull)-2], hull[len(hull)-1]
			if (b.Cost-a.Cost)*(p.Output-b.Output) <= (p.Cost-b.Cost)*(b.Output-a.Output) {
				break
			}
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, p)
	}
	return hull
}

// nonzero reads the number 0 as absent.
func nonzero(x float64) optional.Float {
	if x == 0 {
		return optional.Float{}
	}
	return optional.Of(x)
}
