#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1), Debian glpk-utils 5.0-1,
#   coinor-cbc 2.10.8+ds1-1
# Guess: a column listed below Binary is 0 or 1
# Seen: with "x <= 5" below Bounds before, HiGHS and glpsol keep the bound and return x = 5 for
#   a binary; CBC returns 1
# Here: WriteLP writes no Binary section: a binary is a General column with bounds
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get glpk-utils=5.0-1 coinor-cbc=2.10.8+ds1-1
cat >m.lp <<'EOF'
Maximize
 obj: x
Subject To
 c: x <= 8
Bounds
 x <= 5
Binary
 x
End
EOF
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const m = highs.createModel({ format: "lp", data: require("fs").readFileSync("m.lp", "utf8") });
	m.options.set({ output_flag: false });
	m.run();
	console.log("highs", m.getObjectiveValue());
});
EOF
{
	node run.cjs
	glpsol --lp m.lp -o glp >log
	awk '/^Objective/ { print "glpsol", $4 }' glp
	cbc m.lp solve solution cbc.txt >log
	awk 'NR == 1 { print "cbc", $NF + 0 }' cbc.txt
} >seen
same <<'EOF'
highs 5
glpsol 5
cbc 1
EOF
