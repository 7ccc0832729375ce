#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1), Debian coinor-cbc 2.10.8+ds1-1,
#   coinor-clp 1.17.6-3
# Guess: a constant of LP text counts or is refused
# Seen: min x + 3 with x >= 2 is 5 for HiGHS and 2 for CBC, and -1 for CLP, which has the same
#   reader as CBC; HiGHS drops the constant of a row: x + 3 >= 5 means x >= 5
# Here: WriteLP writes the constant as the cost of a column that is fixed at 1; rows have none
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get coinor-cbc=2.10.8+ds1-1 coinor-clp=1.17.6-3
cat >m.lp <<'EOF'
Minimize
 obj: x + 3
Subject To
 c: x >= 2
End
EOF
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const solve = (what, data) => {
		const m = highs.createModel({ format: "lp", data });
		m.options.set({ output_flag: false });
		m.run();
		console.log("highs", what, m.getObjectiveValue());
	};
	solve("objective", require("fs").readFileSync("m.lp", "utf8"));
	solve("row", "Minimize\nobj: x\nSubject To\nc: x + 3 >= 5\nEnd\n");
});
EOF
{
	node run.cjs
	cbc m.lp solve solution cbc.txt >log
	awk 'NR == 1 { print "cbc objective", $NF + 0 }' cbc.txt
	clp m.lp solve solution clp.txt >log
	awk 'NR == 1 { print "clp objective", $NF + 0 }' clp.txt
} >seen
same <<'EOF'
highs objective 5
highs row 5
cbc objective 2
clp objective -1
EOF
