#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1), Debian glpk-utils 5.0-1
# Guess: a right-hand side of a second free row (type N) has no effect; the row is ignored
# Seen: HiGHS subtracts it from the objective: a total of 8 with "rhs total 3" on another free
#   row is 5, while glpsol warns, ignores it and returns 8
# Here: WriteMPS leaves rows without limits out
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get glpk-utils=5.0-1
cat >m.mps <<'EOF'
NAME          M
ROWS
 N  obj
 N  total
 G  g1
COLUMNS
    x         obj                1.0   g1                 1.0
    x         total              1.0
RHS
    rhs       g1                 8.0   total              3.0
ENDATA
EOF
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const data = require("fs").readFileSync("m.mps");
	const m = highs.createModel({ format: "mps", data });
	m.options.set({ output_flag: false });
	m.run();
	console.log("highs", m.getObjectiveValue(), "at", m.getSolution().colValue[0]);
});
EOF
{
	node run.cjs
	glpsol --mps m.mps -o glp >log
	awk '/^Objective/ { print "glpsol", $4 }' glp
} >seen
same <<'EOF'
highs 5 at 8
glpsol 8
EOF
