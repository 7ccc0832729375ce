#!/bin/sh
# Package: npm highs 1.15.3, Debian glpk-utils 5.0-1, coinor-cbc 2.10.8+ds1-1,
#   lp-solve 5.5.2.5-2, qsopt-ex 2.5.10.3-2
# Guess: all readers give one sign to a right-hand side of the objective row in MPS
# Seen: min x - y with optimum -1 and "rhs obj 10" is -11 for HiGHS and CBC, 9 for glpsol and
#   lp_solve, and -1 for QSopt_ex, which drops the constant
# Here: WriteMPS writes the constant as the cost of a column that is fixed at 1
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get glpk-utils=5.0-1 coinor-cbc=2.10.8+ds1-1 lp-solve=5.5.2.5-2 qsopt-ex=2.5.10.3-2
cat >m.mps <<'EOF'
NAME          M
ROWS
 N  obj
 E  e1
 L  l1
COLUMNS
    x         obj                1.0   e1                 1.0
    y         obj               -1.0   l1                 1.0
RHS
    rhs       e1                 3.0   l1                 4.0
    rhs       obj               10.0
ENDATA
EOF
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const data = require("fs").readFileSync("m.mps");
	const m = highs.createModel({ format: "mps", data });
	m.options.set({ output_flag: false });
	m.run();
	console.log("highs", m.getObjectiveValue());
});
EOF
{
	node run.cjs
	glpsol --mps m.mps -o glp >log
	awk '/^Objective/ { print "glpsol", $4 }' glp
	cbc m.mps solve solution cbc.txt >log
	awk '/^Optimal/ { print "cbc", $NF + 0 }' cbc.txt
	lp_solve -mps m.mps -S2 | awk '/^Value/ { print "lp_solve", $NF + 0 }'
	esolver -O es m.mps >log 2>&1
	awk '/Value/ { print "esolver", $NF }' es
} >seen
same <<'EOF'
highs -11
glpsol 9
cbc -11
lp_solve 9
esolver -1
EOF
