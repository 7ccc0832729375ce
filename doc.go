// Package trigrid coordinates a power grid, virtual power plants (VPP) and
// distributed energy resources (DER) on three levels.
//
// The grid publishes weights of economy, risk and environment. Each VPP decides
// by a two-stage stochastic program with conditional value at risk which DERs
// to aggregate. Each DER chooses a VPP or its outside option by evolutionary
// dynamics, until no DER gains by switching. Every message between the levels
// is a transaction on a consortium ledger.
//
//	c, err := casefile.Load(os.DirFS("examples/threelevel"), "case.json")
//	region, err := c.Region(ctx, casefile.Options{})
//	result, err := trigrid.Run(ctx, region, trigrid.Options{})
//
// # Map of the library
//
// Packages import packages below them only; arch_test.go checks this.
//
//	casefile, report   case files │ results as one HTML page and tables; live, statistics
//	operate, results   a season of days that really happen │ every number as one long table
//	sweep              one region under many weights and keys; sweeptest checks a farm
//	│ └ nats           workers on a network; a module of its own
//	trigrid            the three-level loop: [Region], [Run], [Result]
//	├ fleet            a million equal DERs in classes, or thousands of distinct ones
//	├ vpp              a portfolio as one two-stage program; values, prices, sharing rules
//	│ └ audit          recomputes the balances and limits of a plan
//	├ der              one file per kind of DER; dertest checks a custom kind
//	│ └ unitcommitment unit commitment problems in five public formats
//	├ farm             programs of a run solved elsewhere
//	├ cvar             conditional value at risk, measured and inside programs
//	├ ledger           blocks, state, proofs and the kit for contracts
//	│ ├ contracts      weights, sealed schemes, choice, settlement, quotas
//	│ ├ engine, client engines, export, replay │ access for participants
//	│ ├ node           replicas as processes, and an engine that calls them; disk, their store
//	│ ├ cometbft       the same contracts on CometBFT; a module of its own
//	│ └ relay          assets between chains
//	├ milp             mixed-integer linear programs, independent of the solver
//	│ ├ ipm            an interior-point method for linear programs, in Go
//	│ ├ decompose      two-stage programs of many scenarios, by decomposition
//	│ └ highs          solves them with HiGHS, as a native library or WebAssembly; no cgo; install
//	├ scenario         series, marginals, copulas, sampling, reduction; tables of measured series
//	├ market           prices of electricity, carbon and certificates as curves
//	│ └ published      tariffs and benchmarks from the literature
//	├ weights          the grid's value weights: policies, sweeps, pairwise comparison
//	├ evogame          evolutionary dynamics and Nash profiles
//	└ pbft             Byzantine agreement as a state machine, without I/O
//	  ├ replica        replicas with clocks, sockets and files
//	  └ sim            a simulator
//	optional, codec    a number that can be absent │ the binary form of signed data
//
// # Conventions
//
// Units are MW, MWh, hours, currency, currency per MWh and t CO2. Injection,
// sale and profit are positive; a loss is a negative profit. Step t covers [t,
// t+1). The probabilities of a scenario set sum to one. Randomness comes from
// seeds that the caller passes. Equal inputs give equal bytes on any number of
// cores.
package trigrid
