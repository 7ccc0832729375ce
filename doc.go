// Package trigrid coordinates a power grid, virtual power plants (VPP) and distributed energy resources
// (DER) on three levels.
//
// The grid publishes how much it values economy, avoided risk and the environment. Each VPP decides
// which resources it would aggregate, by a two-stage stochastic program with conditional value at risk.
// Each resource chooses its VPP by evolutionary dynamics, until no one gains by switching. Every message
// between the levels is a transaction on a consortium ledger.
//
//	c, err := trigrid.LoadCase(os.DirFS("examples/threelevel"), "case.json")
//	region, err := c.Region(ctx, trigrid.CaseOptions{})
//	result, err := trigrid.Run(ctx, region, trigrid.Options{})
//
// # Map of the library
//
// Packages import downward only; a test holds them to it.
//
//	trigrid            the three-level loop: [Region], [Run], [LoadCase]
//	├ report           results as one HTML page and tables
//	├ vpp              a portfolio as one two-stage program, its values, prices and sharing rules
//	├ der              one file per kind of resource; dertest holds a new kind to the rules
//	├ cvar             conditional value at risk, measured and inside programs
//	├ ledger           identities, sealed schemes, contracts, settlement, proofs, relay
//	├ milp             mixed-integer linear programs independent of who solves them
//	│ └ highs          solves them with HiGHS, as a native library or WebAssembly; no cgo
//	├ scenario         futures: series, marginals, copulas, sampling, reduction
//	├ market           prices of electricity, carbon and certificates as pluggable curves
//	├ weights          the grid's value weights: policies, sweeps, pairwise comparison
//	├ evogame          populations whose strategies spread with payoff
//	└ pbft             Byzantine agreement as a state machine, a driver and a simulator
//
// # Conventions
//
// MW, MWh, hours, currency, currency per MWh, t CO2. Injection, sale and profit are positive; a loss is
// minus a profit. Step t covers [t, t+1). A scenario set's probabilities sum to one. Randomness comes
// from seeds that are passed in; the same inputs give the same bytes on any number of cores.
package trigrid
