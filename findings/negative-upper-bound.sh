#!/bin/sh
# Package: npm highs 1.15.3, Debian glpk-utils 5.0-1, coinor-cbc 2.10.8+ds1-1,
#   qsopt-ex 2.5.10.3-2
# Guess: a solver reads one model alike from MPS and from LP text, and an infeasible model is
#   reported as infeasible
# Seen: an upper bound of -3 and no lower bound: from MPS, CBC moves the lower bound to minus
#   infinity and finds -8; the same model as LP text is infeasible for CBC and -8 for QSopt_ex;
#   HiGHS is infeasible for both; glpsol reports "UNDEFINED" with exit status 0
# Here: both writers state both bounds if an upper bound is negative
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get glpk-utils=5.0-1 coinor-cbc=2.10.8+ds1-1 qsopt-ex=2.5.10.3-2
cat >m.mps <<'EOF'
NAME          M
ROWS
 N  obj
 G  g1
COLUMNS
    x         obj                1.0   g1                 1.0
RHS
    rhs       g1                -8.0
BOUNDS
 UP bnd       x                 -3.0
ENDATA
EOF
cat >m.lp <<'EOF'
Minimize
 obj: x
Subject To
 g1: x >= -8
Bounds
 x <= -3
End
EOF
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	for (const format of ["mps", "lp"]) {
		const data = require("fs").readFileSync("m." + format, format == "lp" ? "utf8" : null);
		const m = highs.createModel({ format, data });
		m.options.set({ output_flag: false });
		m.run();
		const infeasible = m.getModelStatus() === highs.constants.modelStatus.infeasible;
		console.log(format, "highs", infeasible ? "infeasible" : m.getObjectiveValue());
	}
});
EOF
{
	node run.cjs
	for f in mps lp; do
		status=0
		glpsol --$f m.$f -o glp >log || status=$?
		awk -v f=$f -v s=$status '/^Status/ { print f, "glpsol", $2, "exit status", s }' glp
		cbc m.$f solve solution cbc.txt >log
		awk -v f=$f 'NR == 1 { print f, "cbc", $1, $NF + 0 }' cbc.txt
	done
	esolver -O es -L m.lp >log 2>&1
	awk '/Value/ { print "lp esolver", $NF }' es
} >seen
same <<'EOF'
mps highs infeasible
lp highs infeasible
mps glpsol UNDEFINED exit status 0
mps cbc Optimal -8
lp glpsol UNDEFINED exit status 0
lp cbc Infeasible 0
lp esolver -8
EOF
