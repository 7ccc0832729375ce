package unitcommitment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/scenario"
)

// Options are the options of reading a file. The zero value works.
type Options struct {
	// Format is that of the file. Default: [FormatAuto], the one that the file
	// shows.
	Format Format

	// Formulation is that of all thermal units. Default: [der.Tight].
	Formulation der.Formulation

	// Ignore lists kinds of elements and keys that are left out although they
	// change the problem, such as "branch", "storage" or "p_cost" of an Egret
	// file or "p_nom_extendable" of a PyPSA network. The error of each names
	// it. Default nil: any of them is an error.
	Ignore []string

	// Pieces is the number of chords that replace a quadratic cost of an Egret
	// file. Default 0: 2, as in Egret.
	Pieces int

	// Decommit lets the machines of a MATPOWER file be off, as in its unit
	// decommitment. Default false: machines in service run, as in its optimal
	// power flow.
	Decommit bool
}

// withDefaults returns o with its defaults set.
func (o Options) withDefaults() Options {
	if o.Pieces == 0 {
		o.Pieces = 2
	}
	return o
}

// Names of the series in the scenario set of a system from a file. A [Band]
// adds the series "<name>.min" and "<name>.max".
const (
	demandSeries  = "demand"
	reserveSeries = "reserve"
)

// Read reads a system from a file, which may be compressed by gzip. Without
// [Options.Format] it recognises the format: JSON by the keys of the root,
// MATPOWER by its text. A PyPSA network is a folder; [ReadPath] and [ReadPyPSA]
// read it. All violations of the content are reported at once, each with its
// place in the file, for example
//
//	unitcommitment: $.thermal_generators.G1.ramp_up_limit: is -1, want a number of at least 0
func Read(r io.Reader, options Options) (*System, error) {
	text, err := plain(r)
	if err != nil {
		return nil, err
	}
	format := options.Format
	if format == FormatAuto && isMatpower(text) {
		format = FormatMATPOWER
	}
	switch format {
	case FormatMATPOWER:
		return ReadMATPOWER(bytes.NewReader(text), options)
	case FormatPyPSA:
		return nil, errors.New("unitcommitment: a PyPSA network is a folder of CSV files, not a file; give the folder")
	}
	root, err := parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	switch {
	case format == FormatPGLib, format == FormatAuto && root.At("thermal_generators").Given():
		return finish(root, pglib{root, options.withDefaults()}.read())
	case format == FormatEgret, format == FormatAuto && root.At("elements").Given():
		return finish(root, egret{root, options.withDefaults()}.read())
	case format == FormatUnitCommitmentJL, format == FormatAuto && root.At("Parameters").Given():
		return finish(root, (&ucjl{root: root, options: options}).read())
	}
	return nil, errors.New(`unitcommitment: $: none of "thermal_generators" (pglib-uc), "elements" (Egret) and ` +
		`"Parameters" (UnitCommitment.jl) is there, want one of them`)
}

// ReadPGLib reads a system in the format of pglib-uc, version 1: MW, hours, one
// bus, demand and reserve without slack.
//
// Source: Knueven, Ostrowski, Watson, MODEL.pdf of the library pglib-uc. Cost
// points that lie above the convex envelope of the others are dropped, because
// no optimum of that model contains them.
func ReadPGLib(r io.Reader, options Options) (*System, error) {
	root, err := parse(r)
	if err != nil {
		return nil, err
	}
	return finish(root, pglib{root, options.withDefaults()}.read())
}

// ReadEgret reads the thermal and renewable part of a system in the format of
// Egret: MW, hours, all buses joined to one, load mismatch and reserve
// shortfall at their prices.
//
// Source: Knueven, Ostrowski, Watson, INFORMS J. Comput. 32 (2020) 857, section
// on data; the rules of Egret for defaults and for steps other than an hour.
func ReadEgret(r io.Reader, options Options) (*System, error) {
	root, err := parse(r)
	if err != nil {
		return nil, err
	}
	return finish(root, egret{root, options.withDefaults()}.read())
}

// ReadUnitCommitmentJL reads a system in the format of UnitCommitment.jl,
// versions 0.2 to 0.4: all buses joined to one, load that can stay unserved,
// reserve products, price-sensitive loads and storage units. Money, ramps and
// penalties of the file are per step of any length.
//
// Source: the problem definition and the description of the data format in the
// documentation of UnitCommitment.jl 0.4.
func ReadUnitCommitmentJL(r io.Reader, options Options) (*System, error) {
	root, err := parse(r)
	if err != nil {
		return nil, err
	}
	return finish(root, (&ucjl{root: root, options: options}).read())
}

// parse reads the text of a file as a tree with paths.
func parse(r io.Reader) (jsontree.Value, error) {
	root, err := jsontree.Parse(r)
	if err != nil {
		return root, fmt.Errorf("unitcommitment: %w", err)
	}
	return root, nil
}

// finish returns the system, or an error with all violations of its file.
// Unread keys are no violation, because both formats carry data of other
// models.
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

// maxSteps is the upper limit of the number of steps, one year of minutes. It
// protects against files that would exhaust the memory.
const maxSteps = 366 * 24 * 60

// finite is the largest number in the tables of PyPSA and MATPOWER, so that
// sums and products of them are finite.
const finite = 1e15

// newSet returns the set of a file: one scenario, n steps.
func newSet(steps jsontree.Value, n int, step time.Duration) *scenario.Set {
	if n < 1 || n > maxSteps {
		steps.Bad("asks for %d time steps, want 1 to %d", n, maxSteps)
		n = 1 // any valid number; the violation is recorded
	}
	return scenario.Single(scenario.Grid{Step: step, Steps: n})
}

// add adds a series. An error of the set is recorded with the path in the file.
func add(at jsontree.Value, set *scenario.Set, name string, path []float64) {
	if err := set.AddForecast(name, "MW", path); err != nil {
		at.Bad("%v", err)
	}
}

// each calls f for every member of an object. A missing object has no members.
// A null in its place is a violation, because it can stand for lost units or
// loads.
func each(v jsontree.Value, f func(name string, member jsontree.Value)) {
	if !v.Missing() && v.Object() {
		v.Members(f)
	}
}

// checked reads a unit. If all its fields are valid, it also records violations
// of Validate, such as a minimum above the maximum. With invalid fields these
// would only repeat the cause.
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

// envelope returns the lower convex envelope of a cost curve with ascending
// outputs, by the monotone chain: a point is dropped if it lies on or above the
// line from its predecessor to its successor.
func envelope(points []der.CurvePoint) []der.CurvePoint {
	hull := slices.Clone(points[:min(1, len(points))])
	for _, p := range points[min(1, len(points)):] {
		// Drop points that the new one makes concave.
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
