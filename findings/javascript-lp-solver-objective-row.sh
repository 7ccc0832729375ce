#!/bin/sh
# Package: npm javascript-lp-solver 1.0.3, yalps 0.6.4
# Guess: a limit on the attribute that is optimized counts like any other limit
# Seen: javascript-lp-solver ignores an upper limit of 7 on the optimized attribute (200), and a
#   lower limit of 7 makes a feasible program infeasible; yalps, its rewrite, gives 7 twice
# Here: tests use other second solvers; a cap on a cost is a row with a name of its own
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get javascript-lp-solver@1.0.3 yalps@0.6.4
cat >run.mjs <<'EOF'
import old from "javascript-lp-solver";
import { solve } from "yalps";
const variables = { x: { cost: 2, space: 1 }, y: { cost: 1, space: 1 } };
for (const [short, long, limit] of [["max", "maximize", { max: 7 }], ["min", "minimize", { min: 7 }]]) {
	const constraints = { cost: limit, space: { max: 100 } };
	const r = old.Solve({ optimize: "cost", opType: short, constraints, variables });
	console.log(short, "javascript-lp-solver", r.feasible ? r.result : "infeasible");
	const s = solve({ direction: long, objective: "cost", constraints, variables });
	console.log(short, "yalps", s.status === "optimal" ? s.result : s.status);
}
EOF
node run.mjs >seen
same <<'EOF'
max javascript-lp-solver 200
max yalps 7
min javascript-lp-solver infeasible
min yalps 7
EOF
