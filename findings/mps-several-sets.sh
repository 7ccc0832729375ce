#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1), Debian glpk-utils 5.0-1, coinor-cbc 2.10.8+ds1-1,
#   lp-solve 5.5.2.5-2, qsopt-ex 2.5.10.3-2
# Guess: an MPS file with two right-hand sides or two sets of bounds is solved with the first one
# Seen: HiGHS, CBC and QSopt_ex take the first set of each, lp_solve lets the last one overwrite it
#   (5 instead of 2, 7 instead of 3) without a message, and glpsol refuses the file
# Here: the MPS writer writes one set of each
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get glpk-utils=5.0-1 coinor-cbc=2.10.8+ds1-1 lp-solve=5.5.2.5-2 qsopt-ex=2.5.10.3-2
cat >rhs.mps <<'EOF'
NAME          M
ROWS
 N  obj
 G  g1
COLUMNS
    x         obj                1.0   g1                 1.0
RHS
    low       g1                 2.0
    high      g1                 5.0
ENDATA
EOF
cat >bounds.mps <<'EOF'
NAME          M
ROWS
 N  obj
 G  g1
COLUMNS
    x         obj                1.0   g1                 1.0
RHS
    low       g1                 2.0
BOUNDS
 LO first     x                  3.0
 LO second    x                  7.0
ENDATA
EOF
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	for (const name of ["rhs", "bounds"]) {
		const m = highs.createModel({ format: "mps", data: require("fs").readFileSync(name + ".mps") });
		m.options.set({ output_flag: false });
		m.run();
		console.log(name, "highs", m.getObjectiveValue());
	}
});
EOF
{
	node run.cjs
	for f in rhs bounds; do
		cbc $f.mps solve solution cbc.txt >log
		awk -v f=$f 'NR == 1 { print f, "cbc", $NF + 0 }' cbc.txt
		esolver -O es $f.mps >log 2>&1
		awk -v f=$f '/Value/ { print f, "esolver", $NF }' es
		lp_solve -fmps $f.mps -S3 | awk -v f=$f '/^Value/ { print f, "lp_solve", $NF + 0 }'
		if glpsol --freemps $f.mps -o glp >log; then echo $f glpsol reads; else echo $f glpsol refuses; fi
	done
} >seen
same <<'EOF'
rhs highs 2
bounds highs 3
rhs cbc 2
rhs esolver 2
rhs lp_solve 5
rhs glpsol refuses
bounds cbc 3
bounds esolver 3
bounds lp_solve 7
bounds glpsol refuses
EOF
