#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1)
# Guess: getIis of an infeasible program returns a conflict, or fails
# Seen: with default options it succeeds with no rows and no columns; only a strategy whose bit
#   2 or 4 is set finds the two contradictory rows
# Here: Explain searches conflicts by its own elastic programs
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	for (const strategy of [0, 2, 4]) {
		const data = "min\nobj: x\nst\nc1: x + y <= 2\nc2: x + y >= 3\nc3: x - y <= 7\nend\n";
		const m = highs.createModel({ format: "lp", data });
		m.options.set({ output_flag: false, iis_strategy: strategy });
		m.run();
		const infeasible = m.getModelStatus() === highs.constants.modelStatus.infeasible;
		console.log("strategy", strategy, infeasible, "rows", [...m.getIis().rowIndex].join(" ") || "none");
	}
});
EOF
node run.cjs >seen
same <<'EOF'
strategy 0 true rows none
strategy 2 true rows 0 1
strategy 4 true rows 0 1
EOF
