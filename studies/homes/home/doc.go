// Package home plans the batteries and cars of one home: when each charges and
// discharges, so that the energy bill is smallest. It is one function, for an
// energy manager that plans again every few minutes:
//
//	request, err := home.ReadRequest(file)
//	answer, err := home.Plan(ctx, request, home.Options{})
//
// Files of the evcc optimizer's test cases have a request and its answer:
// [ReadCase] reads them. example_test.go has a request in code.
//
// The solver runs inside the process, so that the manager remains one binary
// without a service.
//
// # Units
//
// Energies are in Wh per step, states of charge in Wh, powers in W, prices in
// currency per Wh, and lengths of steps in seconds. Steps may have different
// lengths: the first step of a running plan is mostly the rest of an hour. With
// h = seconds/3600, a power limit P allows P h in a step. Steps and batteries
// count from 0. Money that the home receives is positive.
//
// # Rules
//
// With import n, export e, charge c and discharge d of each battery, state of
// charge s, and prices p_N and p_E, a plan maximises money minus penalties:
//
//	money = Σ_t (p_E e − p_N n) + Σ_b v s_last − r max_t (n/h − N)⁺
//
// v is the value of a Wh at the end, r the optional rate of the demand charge
// above the import limit N. The rules per step are:
//
//  1. solar + Σ d − Σ c + n + n' = load + e + e', with n' above the import
//     limit, e' lost.
//  2. Either import or export.
//  3. s_t = s_{t−1} + η_c c − d/η_d, with 0 ≤ s ≤ capacity.
//  4. c ≤ C h, d ≤ D h, and either charge or discharge of a battery.
//  5. c is 0 or at least C_min h. A battery with a list of demands may charge
//     less if the step ends with s ≥ s_max − C_min h.
//  6. c reaches min(demand, C h), or the battery ends the step with s = s_max.
//  7. A battery without ChargeFromGrid does not charge in an import step, one
//     without DischargeToGrid does not discharge in an export step.
//  8. n' and e' are 0 unless n and e are at their limits.
//
// # Penalties
//
// Some limits are soft, so that every request has a plan, and the plan lists
// each [Miss]. With b = max of all prices, values, 1e-4 and r·3600/shortest
// step, a Wh missed costs:
//
//	1000 b                  outside [s_min, s_max], in each step
//	100 b                   below the goal of a step, except step 0
//	100 b (1 + (T−t)/T)     below the demand of step t
//	100 b                   above the import limit, without a demand charge
//	100 b (1 − t/100000)    lost above the export limit
//
// A missed Wh costs about 100 b or more, any other Wh at most b. A miss can
// therefore save money only if its avoidance needs 100 times its energy, for
// example a minimum of 1380 Wh for 5 Wh.
//
// # Preferences
//
// Plans of equal money differ in peaks and times. [Request.Preferences] and
// [Battery.Priority] decide between them in later solves, which together cost
// at most 1e-7 of currency; see [Request].
//
// The rules are those of the evcc optimizer (github.com/evcc-io/optimizer, MIT
// licence), in words and code of this package. [Audit] recomputes a plan from
// the request alone.
package home
