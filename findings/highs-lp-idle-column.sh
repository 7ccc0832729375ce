#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1)
# Guess: a model that HiGHS writes as LP text and reads back has the same columns in the same order
# Seen: a column without cost, rows and bounds is left out, and the others come back in the order of
#   their first mention: the values of idle, a, b, c are 0, 5, 1, 2 before and those of b, c, a are
#   1, 2, 5 after, so a reader by index takes wrong values; MPS text keeps all
# Here: WriteLP writes a column without cost and rows with a cost of 0, so none is left out
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const solve = (what, format, data) => {
		const m = highs.createModel({ format, data });
		m.options.set({ output_flag: false });
		m.run();
		const values = [...m.getSolution().colValue];
		const named = values.map((v, i) => `${m.getColName(i)}=${v}`);
		console.log(what, m.getObjectiveValue(), ...named);
		return m;
	};
	const m = solve("model", "mps", `NAME M FREE
ROWS
 N obj
 G c1
COLUMNS
 idle obj 0
 a c1 1
 b obj 1 c1 1
 c obj 1
RHS
 rhs c1 6
BOUNDS
 FX bnd a 5
 FX bnd c 2
ENDATA
`);
	solve("mps", "mps", m.exportModel("mps"));
	solve("lp", "lp", m.exportModel("lp"));
});
EOF
node run.cjs >seen
same <<'EOF'
model 3 idle=0 a=5 b=1 c=2
mps 3 idle=0 a=5 b=1 c=2
lp 3 b=1 c=2 a=5
EOF
