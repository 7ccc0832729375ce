package dertest

import (
	"fmt"
	"reflect"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// TB is the part of [testing.TB] that the suite needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Config says on what a unit is tried. The zero value suits units that read no series.
type Config struct {
	// Set has the series that the unit reads, in at least two scenarios. Nil: three scenarios of six
	// hours without series.
	Set *scenario.Set

	// Contexts are tried in addition to the built-in ones. One without a Set takes the one above.
	Contexts []der.Context

	// Tolerance is how far two amounts of money may differ, in currency. 0: 0.01, a cent.
	Tolerance float64

	// Constraints, if not nil, is called with every schedule found. A unit's own test recomputes there
	// every constraint of the unit's comment from its data, without the unit's code.
	Constraints func(t TB, realised der.Schedule, c der.Context)
}

// Run demands of the unit, and reports through t where it falls short:
//
//   - its data pass its own Validate, where it has one;
//   - one Terms per scenario, one expression per step, names that begin with the unit's and are unique,
//     wait-and-see columns named by their scenario and confined to it, here-and-now announcements;
//   - two builds, also at the same time, give the same program, and change neither unit nor scenarios;
//   - at every solution Injected, Withdrawn, Curtailed and Reserve are at least zero, Renewable lies
//     between zero and Available, the given Constraints hold, and in each scenario Benefit equals payment less
//     Cost, without looking at [der.Ports.Cost];
//   - left out (on = 0, as a number or as a binary) it is feasible with all Terms at zero; a binary at 1
//     gives the optimum of the number 1, and a free binary the better of both;
//   - splitting a scenario in two halves, and binaries left out because of a known [der.Context.MinMarginalValues],
//     change no optimum; the tariff's currency scales it;
//   - a [der.Overlapper] notices whenever binaries that it leaves out on a promise were needed.
//
// The solver should prove optima to a small gap; differences that its gap explains are accepted.
func Run(t TB, solver milp.Solver, unit der.DER, config Config) {
	t.Helper()
	s := &suite{t: t, solver: solver, unit: unit, config: config, said: map[string]bool{}}
	if s.config.Set == nil {
		s.config.Set = plainSet()
	}
	if s.config.Tolerance == 0 {
		s.config.Tolerance = 0.01
	}
	if v, ok := unit.(der.Validator); ok {
		if err := v.Validate(s.config.Set); err != nil {
			t.Errorf("Validate refuses the unit on the scenarios given: %v", err)
			return
		}
	}
	before := fingerprint(reflect.ValueOf(unit))
	scenarios := fingerprint(reflect.ValueOf(s.config.Set))
	sound := true
	for _, x := range s.trials() {
		s.trial = x.name
		if !s.structure(x.context) {
			sound = false // what follows would fail for the same reason, less clearly
			continue
		}
		if best, ok := s.money(x.context); ok {
			s.member(x.context, best)
			s.split(x.context, best)
			s.scale(x.context, best)
			s.overlap(x.context)
		}
	}
	if sound {
		s.trial = "prices on every port"
		s.probe(s.ordinary())
		s.trial = "a known floor"
		s.floor()
	}
	if fingerprint(reflect.ValueOf(unit)) != before {
		t.Errorf("the unit's data changed; Model and Benefit must only read them")
	}
	if fingerprint(reflect.ValueOf(s.config.Set)) != scenarios {
		t.Errorf("the scenario set changed; a path belongs to the set and must not be written to")
	}
}

// suite is one run.
type suite struct {
	t      TB
	solver milp.Solver
	unit   der.DER
	config Config
	trial  string          // where a failure happened
	said   map[string]bool // what was reported
}

// errorf reports a failure under the first trial that shows it; the same words are not repeated.
func (s *suite) errorf(format string, args ...any) {
	s.t.Helper()
	text := fmt.Sprintf(format, args...)
	if s.said[text] {
		return
	}
	s.said[text] = true
	s.t.Errorf("under %s: %s", s.trial, text)
}
