package dertest

import (
	"fmt"
	"reflect"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/scenario"
)

// TB is the part of [testing.TB] that the suite needs. A test of a suite can
// pass its own type, to read the failures.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Config is the data on which a DER is solved. The zero value suits kinds that
// read no series.
type Config struct {
	// Set has the series of the DER, in at least two scenarios. Default nil:
	// three scenarios of six hours without series.
	Set *scenario.Set

	// Contexts are tried in addition to the built-in ones. A context without a
	// Set gets the one above.
	Contexts []der.Context

	// Tolerance is the accepted difference of two amounts of money, in
	// currency. Default 0: 0.01.
	Tolerance float64

	// Constraints is called with every schedule found. The test of a kind
	// recomputes here every constraint of the type's comment from the data,
	// without the code of the kind. Default nil: none.
	Constraints func(t TB, realised der.Schedule, c der.Context)

	// Periodic is set for a DER whose first step follows its last one, such as
	// a thermal unit with [der.BeforeCyclic]. A roll forward ends the period,
	// so that the rest may be better than that of one window. Default false:
	// two windows equal one.
	Periodic bool
}

// withDefaults returns c with its defaults set.
func (c Config) withDefaults() Config {
	if c.Set == nil {
		c.Set = plainSet()
	}
	if c.Tolerance == 0 {
		c.Tolerance = 0.01
	}
	return c
}

// Run checks a DER and reports each violation through t, once:
//
//   - The data pass its own Validate.
//   - Model returns one Terms per scenario with one expression per step. Names
//     begin with the name of the DER and are unique. Second-stage columns are
//     named by their scenario and confined to it. A day-ahead schedule has
//     first-stage columns only.
//   - Two builds, also at the same time, give the same program and change
//     neither DER nor scenarios.
//   - At every solution Injected, Withdrawn, Reduced and Reserve are at least
//     zero, Renewable lies between zero and Available, and the given
//     Constraints hold.
//   - In each scenario Benefit equals payment minus Cost, without use of
//     [der.Ports.Cost].
//   - on = 0, as a number or as a binary, is feasible and sets all Terms to
//     zero. A binary at 1 gives the optimum of the number 1, and a free binary
//     the better of both.
//   - Two halves of a scenario, and binaries left out because of
//     [der.Context.MinMarginalValues], change no optimum. The currency of the
//     tariff scales it.
//   - A fleet of three equals three DERs, or the kind reports that it does not:
//     see [der.Scaler].
//   - Two windows of a [der.Stateful] kind equal one, in money and in every
//     carried limit.
//   - The optional interfaces are correct; the package comment lists the
//     checks.
//
// The solver should prove optima to a small gap. Differences within its gap are
// accepted.
func Run(t TB, solver milp.Solver, unit der.DER, config Config) {
	t.Helper()
	s := &suite{t: t, solver: solver, unit: unit, config: config.withDefaults(), reported: map[string]bool{}}
	if err := der.Validate(unit, s.config.Set); err != nil {
		t.Errorf("Validate rejects the DER on the given scenarios: %v", err)
		return
	}
	// Fingerprints before and after the run show whether a method writes to its
	// data.
	before := fingerprint(reflect.ValueOf(unit))
	scenarios := fingerprint(reflect.ValueOf(s.config.Set))
	sound := true
	for i, x := range s.trials() {
		s.trial = x.name
		if !s.structure(x.context) {
			sound = false // the other checks would fail for the same reason, less clearly
			continue
		}
		// The checks below compare with the optimum of this context.
		if best, ok := s.money(x.context); ok {
			s.member(x.context, best)
			s.split(x.context, best)
			s.scale(x.context, best)
			s.overlap(x.context)
			if (i == 0 || i == 4) && len(s.reported) == 0 {
				// With and without charges for deviations. A kind that breaks
				// another rule would fail for the same reason, less clearly.
				s.fleet(x.context, best)
			}
			if n := x.context.Steps(); i%2 == 0 && n > 1 {
				// Scenario and cuts differ from trial to trial, so that few
				// solves reach many of them.
				s.twoWindows(x.context, i/2%x.context.Scenarios(), 1+i%(n-1), n-1-i%(n-1))
			}
		}
	}
	if sound {
		s.trial = "prices on every port"
		s.probe(s.ordinary())
		s.trial = "a known marginal value"
		s.marginalValue()
		s.trial = "prices without a program"
		s.answers(s.ordinary())
	}
	if fingerprint(reflect.ValueOf(unit)) != before {
		t.Errorf("the data of the DER changed; its methods must only read them")
	}
	if fingerprint(reflect.ValueOf(s.config.Set)) != scenarios {
		t.Errorf("the scenario set changed; a path belongs to the set and must not be written to")
	}
}

// suite is one call of [Run]: its arguments, and the failures so far.
type suite struct {
	t      TB
	solver milp.Solver
	unit   der.DER
	config Config
	trial  string // name of the context in use

	reported map[string]bool // texts of the failures so far
	strict   bool            // an error of RollForward is a failure
}

// errorf reports a failure with its trial. The same text is reported once,
// under its first trial.
func (s *suite) errorf(format string, args ...any) {
	s.t.Helper()
	text := fmt.Sprintf(format, args...)
	if s.reported[text] {
		return
	}
	s.reported[text] = true
	s.t.Errorf("under %s: %s", s.trial, text)
}
