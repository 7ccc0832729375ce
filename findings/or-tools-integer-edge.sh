#!/bin/sh
# Package: npm or-tools-wasm 0.9.1
# Guess: backends agree on an integer program of one column, also with rounded data
# Seen: 0.1 x <= 0.7 allows x = 7 for SCIP, CBC, GLPK and SAT, and 6 for BOP, which calls it
#   optimal; an upper bound of 10.5 on an integer column is rounded by all but GLPK, whose status
#   is ABNORMAL
# Here: writers round bounds of integer columns inwards; BOP is not one of the tests' solvers
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get or-tools-wasm@0.9.1
cat >run.mjs <<'EOF'
import { MPSolver, initMPSolver } from "or-tools-wasm/mp-solver";
await initMPSolver();
for (const backend of ["SCIP", "CBC", "SAT", "BOP", "GLPK"]) {
	const found = [];
	for (const [upper, a, limit] of [[10, 0.1, 0.7], [10.5, 2, 7]]) {
		const s = MPSolver.CreateSolver(backend);
		const x = s.IntVar(0, upper, "x");
		s.Constraint(-s.infinity(), limit, "c").SetCoefficient(x, a);
		s.Objective().SetCoefficient(x, 1);
		s.Objective().SetMaximization();
		const status = await s.Solve();
		found.push(status === MPSolver.OPTIMAL ? Math.round(x.SolutionValue()) : status === MPSolver.ABNORMAL ? "ABNORMAL" : status);
	}
	console.log(backend, "0.1 x <= 0.7:", found[0], "x <= 10.5 and 2 x <= 7:", found[1]);
}
process.exit(0);
EOF
node run.mjs >seen 2>/dev/null
same <<'EOF'
SCIP 0.1 x <= 0.7: 7 x <= 10.5 and 2 x <= 7: 3
CBC 0.1 x <= 0.7: 7 x <= 10.5 and 2 x <= 7: 3
SAT 0.1 x <= 0.7: 7 x <= 10.5 and 2 x <= 7: 3
BOP 0.1 x <= 0.7: 6 x <= 10.5 and 2 x <= 7: 3
GLPK 0.1 x <= 0.7: 7 x <= 10.5 and 2 x <= 7: ABNORMAL
EOF
