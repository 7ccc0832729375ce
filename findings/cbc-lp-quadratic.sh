#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1), Debian coinor-cbc 2.10.8+ds1-1
# Guess: a solver of linear programs refuses LP text with a quadratic objective
# Seen: CBC reads "- 4 x + [ 2 x^2 ] / 2" as four columns, renames them x0 to x3 and returns -40
#   as optimal with exit status 0; the optimum is -4 at x = 2, which HiGHS finds
# Here: models are linear; quadratic costs become linear pieces before a file is written
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get coinor-cbc=2.10.8+ds1-1
cat >m.lp <<'EOF'
Minimize
 obj: - 4 x + [ 2 x^2 ] / 2
Subject To
 limit: x <= 10
End
EOF
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const m = highs.createModel({ format: "lp", data: require("fs").readFileSync("m.lp", "utf8") });
	m.options.set({ output_flag: false });
	m.run();
	console.log("highs", m.getObjectiveValue().toFixed(6));
});
EOF
{
	node run.cjs
	status=0
	cbc m.lp solve solution cbc.txt >log || status=$?
	awk '{ print "cbc", $1, $2, $3 }' cbc.txt
	grep Optimal cbc.txt
	echo "exit status $status"
} >seen
same <<'EOF'
highs -4.000000
cbc Optimal - objective
cbc 0 x0 10
cbc 1 x1 0
cbc 2 x2 0
cbc 3 x3 0
Optimal - objective value -40.00000000
exit status 0
EOF
