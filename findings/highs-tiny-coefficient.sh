#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1)
# Guess: a coefficient of 1e-9 is small but counts, in rows and in costs
# Seen: a row coefficient of 1e-9 is removed: y may be 1e12 although 1e-9 y <= 1; costs of 1e-8
#   and 9e-8 both lie below the tolerance: the "optimal" plan uses the source nine times dearer
# Here: objective, rows and columns are scaled by powers of two before the solver
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const solve = (what, data) => {
		const m = highs.createModel({ format: "lp", data });
		m.options.set({ output_flag: false });
		m.run();
		const optimal = m.getModelStatus() === highs.constants.modelStatus.optimal;
		console.log(what, optimal, [...m.getSolution().colValue].join(" "));
	};
	solve("row", "max\nobj: y\nst\nc: x + 1e-9 y <= 1\nbounds\ny <= 1e12\nend\n");
	solve("costs", "min\nobj: 9e-8 dear + 1e-8 cheap\nst\nc: dear + cheap >= 5\nend\n");
	solve("costs times 1e8", "min\nobj: 9 dear + 1 cheap\nst\nc: dear + cheap >= 5\nend\n");
});
EOF
node run.cjs >seen
same <<'EOF'
row true 1000000000000 0
costs true 5 0
costs times 1e8 true 0 5
EOF
