// Package dertest checks a kind of DER, built-in or custom, against the rules
// of [der.DER].
//
//	func TestHeatPump(t *testing.T) {
//		dertest.Run(t, highs.Solver{Gap: highs.Exact}, &HeatPump{…}, dertest.Config{Set: set})
//	}
//
// [Run] solves the DER alone on a small scenario set, under several tariffs:
// ordinary, zero and negative prices, a price spike, and charges for
// deviations. It also sets random prices on every other port. Every solution is
// inspected. Prices are in currency per MWh and powers in MW.
//
// # Failures
//
// A failure names its trial, the violated rule and usually the fix:
//
//	under ordinary prices: with on the number 0 Terms[0].Withdrawn[0] can be 1, want 0
//
// Here a base load of 1 MW is a constant. It must be multiplied by on.
//
// # Constraints
//
// The suite has no knowledge of the equations of a kind. Config.Constraints
// adds them: it receives every schedule and recomputes the constraints of the
// type's comment from the data, without the code of the kind. For a store:
//
//	Constraints: func(t dertest.TB, realised der.Schedule, c der.Context) {
//		for s, p := range realised.Realised {
//			for k, energy := range p.Trace("energy") {
//				if energy < u.MinEnergy-1e-6 || energy > u.Energy+1e-6 {
//					t.Errorf("scenario %d, step %d: energy is %v MWh", s, k, energy)
//				}
//			}
//		}
//	}
//
// # Scenario sets
//
// A set needs at least two scenarios that differ, so that a Model with the data
// of the wrong scenario fails. Six to eight steps keep a run below a second.
// Steps other than one hour find missing factors Δ.
//
// # Limits
//
// The suite finds errors of the rules, not of the equations: a store with the
// wrong efficiency in Model and in Benefit passes, unless Constraints has the
// right one. It solves some 40 programs, so that a kind with many binaries
// needs a short horizon. Optima are compared within the solver's gap; without a
// proof of the optimum a difference can stay hidden.
//
// # Two windows
//
// The suite plans all steps of a scenario as one, fixes the first k steps,
// rolls the DER forward and plans the rest. The money of the first k steps and
// the optimum of the rest must add up to that of all steps, to 1e-6. A state
// that RollForward forgets makes the rest too good: a store that need not
// return to its level, a budget that is full again. The money of the first
// steps is [der.DER.Benefit] of their schedule on a grid of k steps.
//
// # Fleets
//
// A fleet of three must equal three DERs whose sum is charged for deviations
// from a target, or the kind reports its scale by [der.Scaler]. Most failures
// are bounds of columns: they are numbers, and must contain the limits of
// [der.MaxCount](on) DERs.
//
// # Optional interfaces
//
// The optional interfaces of package der are checked if the kind has them:
//
//	Validator        accepts the data
//	Stateful         returns its own type with valid data; two windows equal one, see below
//	Overlapper       notices every overlapping step
//	Bounded          its bounds contain every schedule
//	Diagnoser        accepts data that have a schedule
//	Classified       returns a class of package der
//	StateDescriber   its ranges contain every trace
//	CarbonCounter    charges only with emissions
//	Stepwise         its amounts sum to the items of Benefit
//	Responder        answers prices as its program does
//	Projected        its clean generation is the available energy of the schedule
package dertest
