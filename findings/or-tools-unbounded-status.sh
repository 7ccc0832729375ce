#!/bin/sh
# Package: npm or-tools-wasm 0.9.1
# Guess: a program that is unbounded has the status UNBOUNDED in each backend
# Seen: one unbounded linear program is INFEASIBLE for GLOP, UNBOUNDED for CLP, SCIP and CBC,
#   ABNORMAL for GLPK and UNKNOWN_STATUS for SAT; GLOP and GLPK thus give an unbounded and an
#   infeasible program the same status
# Here: the library has its own statuses, taken from HiGHS; backends of the tests solve feasible
#   and bounded programs
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get or-tools-wasm@0.9.1
cat >run.mjs <<'EOF'
import { MPSolver, initMPSolver } from "or-tools-wasm/mp-solver";
await initMPSolver();
const names = { 0: "OPTIMAL", 1: "FEASIBLE", 2: "INFEASIBLE", 3: "UNBOUNDED", 4: "ABNORMAL", 6: "NOT_SOLVED" };
for (const backend of ["GLOP", "CLP", "SCIP", "CBC", "GLPK_LP", "SAT"]) {
	const words = [];
	for (const least of [0, 6]) {
		const s = MPSolver.CreateSolver(backend);
		const x = s.NumVar(0, s.infinity(), "x"), y = s.NumVar(0, s.infinity(), "y");
		const c = s.Constraint(-s.infinity(), 5, "c");
		c.SetCoefficient(x, 1);
		c.SetCoefficient(y, least ? 1 : -1);
		const d = s.Constraint(least, s.infinity(), "d");
		d.SetCoefficient(x, 1);
		s.Objective().SetCoefficient(x, 1);
		s.Objective().SetMaximization();
		words.push(names[await s.Solve()] ?? "UNKNOWN_STATUS");
	}
	console.log(backend, "unbounded:", words[0], "infeasible:", words[1]);
}
process.exit(0);
EOF
node run.mjs >seen 2>/dev/null
same <<'EOF'
GLOP unbounded: INFEASIBLE infeasible: INFEASIBLE
CLP unbounded: UNBOUNDED infeasible: INFEASIBLE
SCIP unbounded: UNBOUNDED infeasible: INFEASIBLE
CBC unbounded: UNBOUNDED infeasible: INFEASIBLE
GLPK_LP unbounded: ABNORMAL infeasible: ABNORMAL
SAT unbounded: UNKNOWN_STATUS infeasible: INFEASIBLE
EOF
