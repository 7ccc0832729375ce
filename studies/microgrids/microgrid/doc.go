// Package microgrid operates a microgrid hour by hour: a load, PV, a battery,
// and possibly a genset and a connection to a grid that can fail. It has the
// accounts of an hour, four controllers, and the loop that rolls a controller
// through a season:
//
//	grid, err := microgrid.Read(folder, 9)
//	controller, err := microgrid.Learn(grid, grid.Hours[:microgrid.Learned], microgrid.Options{})
//	result, err := microgrid.Roll(ctx, grid, microgrid.Published(grid), controller)
//
// # Units
//
// Powers are in kW, energies in kWh, money in currency, emissions in kg CO2. An
// hour is a step, so that a power of 1 kW moves 1 kWh. Charge and discharge are
// measured at the bus, not in the cells. Hour 0 is the first hour of the year.
// Costs are positive.
//
// # Accounts of an hour
//
// With import n, export x, charge c, discharge d, genset g, lost load l and
// overgeneration o:
//
//	cost    = p_n n − p_x x + w (c + d) + f g + 10 l + 1 o + 0.1 CO2
//	CO2     = 2 g + factor n
//	energy' = energy + η_c c − d/η_d,   within [E_min, E_max]
//	used PV = load + c + x − d − n − g
//
// The coefficients 10, 1, 0.1 and 2 are those of the 25 published microgrids;
// [Grid] has them as fields. If used PV exceeds the available PV, the
// difference is lost load. If it is negative, its amount is overgeneration. PV
// that is not used is curtailed at no cost.
//
// The genset is off, or between MinPower and MaxPower. The grid takes and gives
// nothing while it is off. [Grid.Book] applies a decision with all limits and
// returns the account of the hour.
//
// # Controllers
//
//   - [RuleBased] uses PV, then the battery, then the grid, then the genset.
//   - [Perfect] plans the next 24 hours with true values and takes the first
//     hour of the plan.
//   - [Stochastic] has the present hour, tariffs and emission factors.
//     Everything else is a distribution that [Learn] takes from earlier hours.
//     [Backtest] compares its options on hours before the counted ones.
//   - [TwoStage] plans for scenarios of the same distributions, each with
//     recourse of its own.
//
// A [Controller] receives a [View], whose hours end with the present one, so
// that later loads, PV and outages are outside its reach by construction.
//
// # Plans
//
// One hour's cost is a piecewise linear function of the change of stored
// energy: convex for each state of the genset. [Perfect] therefore solves its
// window by exact dynamic programming over piecewise linear functions of the
// energy, without a grid of energies and without a solver. [Grid.Program]
// states the same window as a mixed-integer program, which tests compare.
//
// The data and the published costs are those of pymgrid
// (github.com/Total-RD/pymgrid, LGPL-3.0): Henri, G., Levent, T., Halev, A.,
// Alami, R., Cordier, P., pymgrid: An Open-Source Python Microgrid Simulator
// for Applied Artificial Intelligence Research, 2020. The rules are in words
// and code of this package.
package microgrid
