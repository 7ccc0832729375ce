#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1), Debian coinor-cbc 2.10.8+ds1-1, glpk-utils 5.0-1
# Guess: an MPS file that HiGHS wrote for a maximum is maximised by CBC too, or refused
# Seen: HiGHS writes a section OBJSENSE; CBC notes it in its log, minimises all the same and
#   reports 7 as optimal where HiGHS has 10; glpsol refuses the file
# Here: WriteMPS negates the costs of a maximum and states it in a comment
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get coinor-cbc=2.10.8+ds1-1 glpk-utils=5.0-1
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const m = highs.createModel({ format: "lp", data: "max\nobj: x + 7\nst\nc: x <= 3\nend\n" });
	m.options.set({ output_flag: false });
	m.run();
	console.log("highs", m.getObjectiveValue());
	require("fs").writeFileSync("m.mps", m.exportModel("mps"));
});
EOF
{
	node run.cjs
	cbc m.mps solve solution cbc.txt >log
	awk 'NR == 1 { print "cbc", $1, $NF + 0 }' cbc.txt
	glpsol --mps m.mps >log || echo "glpsol exit status $?"
} >seen
same <<'EOF'
highs 10
cbc Optimal 7
glpsol exit status 1
EOF
