#!/bin/sh
# Package: npm highs 1.15.3, Debian glpk-utils 5.0-1, lp-solve 5.5.2.5-2
# Guess: a bound that restates the default lower bound of 0 changes nothing
# Seen: an integer column of an MPS file without any bound ends at 1 for HiGHS and glpsol and is
#   unlimited for lp_solve; with the line "LO bnd x 0" it is unlimited for HiGHS too (7 instead
#   of 1), and still ends at 1 for glpsol
# Here: WriteMPS states the upper bound of every integer column, PL if it has none
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get glpk-utils=5.0-1 lp-solve=5.5.2.5-2
cat >without.mps <<'EOF'
NAME          M
ROWS
 N  obj
 L  l1
COLUMNS
    M1        'MARKER'                 'INTORG'
    x         obj               -1.0   l1                 1.0
    M2        'MARKER'                 'INTEND'
RHS
    rhs       l1                 7.5
ENDATA
EOF
sed '/^ENDATA/i\
BOUNDS\
 LO bnd       x                  0.0' without.mps >with.mps
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const data = require("fs").readFileSync(process.argv[2]);
	const m = highs.createModel({ format: "mps", data });
	m.options.set({ output_flag: false });
	m.run();
	console.log("highs x =", m.getSolution().colValue[0]);
});
EOF
for f in without with; do
	echo "$f LO 0:"
	node run.cjs $f.mps
	glpsol --mps $f.mps -o glp >log
	awk '/^Objective/ { print "glpsol x =", -$4 }' glp
	lp_solve -mps $f.mps -S3 | awk '$1 == "x" { print "lp_solve x =", $2 }'
done >seen
same <<'EOF'
without LO 0:
highs x = 1
glpsol x = 1
lp_solve x = 7
with LO 0:
highs x = 7
glpsol x = 1
lp_solve x = 7
EOF
