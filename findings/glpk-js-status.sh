#!/bin/sh
# Package: npm glpk.js 5.0.0
# Guess: an infeasible program has the status GLP_NOFEAS, an unbounded one GLP_UNBND
# Seen: with default options both have the status GLP_UNDEF (1), because presolve found it; the
#   same infeasible rows with one integer column are GLP_NOFEAS (4), and without presolve the
#   infeasible program is GLP_NOFEAS and still lists values and duals
# Here: the second solvers of the tests run on feasible programs and compare objectives
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get glpk.js@5.0.0
cat >run.mjs <<'EOF'
import GLPK from "glpk.js/node";
const g = await GLPK();
const row = (name, type, bound, sign) => ({
	name, bnds: { type, lb: bound, ub: bound },
	vars: [{ name: "x", coef: 1 }, { name: "y", coef: sign }],
});
const solve = (what, subjectTo, more = {}, options = {}) => {
	const objective = { direction: g.GLP_MAX, name: "o", vars: [{ name: "x", coef: 1 }] };
	const { result } = g.solve({ name: "m", objective, subjectTo, ...more }, { msglev: g.GLP_MSG_OFF, ...options });
	const name = Object.keys(g).find((k) => /UNDEF|FEAS|OPT|UNBND/.test(k) && g[k] === result.status);
	console.log(what, name, "x =", result.vars.x);
};
const conflict = [row("a", g.GLP_UP, 4, 1), row("b", g.GLP_LO, 5, 1)];
solve("infeasible", conflict);
solve("unbounded", [row("a", g.GLP_UP, 4, -1)]);
solve("infeasible with an integer", conflict, { generals: ["x"] });
solve("infeasible without presolve", conflict, {}, { presol: false });
EOF
node run.mjs >seen
same <<'EOF'
infeasible GLP_UNDEF x = 0
unbounded GLP_UNDEF x = 0
infeasible with an integer GLP_NOFEAS x = 0
infeasible without presolve GLP_NOFEAS x = 4
EOF
