#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1)
# Guess: a constant in the objective changes the objective and nothing else
# Seen: the relative gap (1e-4 by default) is taken of the objective with its constant: a
#   knapsack worth 118 is left at 101 once a constant of 1e6 is added, with status optimal; at
#   gap 0 it is 118 again
# Here: Gap is documented as relative to the objective with its constant; AbsoluteGap is not
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const solve = (constant, options) => {
		const data = `Maximize
			obj: 17 a + 19 b + 23 c + 29 d + 31 e + 37 f + 41 g + 43 h + ${constant}
			Subject To
			weight: 12 a + 13 b + 17 c + 19 d + 21 e + 26 f + 28 g + 30 h <= 80
			Binary
			a b c d e f g h
			End`.replace(/\t/g, "");
		const m = highs.createModel({ format: "lp", data });
		m.options.set({ output_flag: false, ...options });
		m.run();
		const optimal = m.getModelStatus() === highs.constants.modelStatus.optimal;
		console.log("constant", constant, "worth", m.getObjectiveValue() - constant, optimal);
	};
	solve(0, {});
	solve(1000000, {});
	solve(1000000, { mip_rel_gap: 0 });
});
EOF
node run.cjs >seen
same <<'EOF'
constant 0 worth 118 true
constant 1000000 worth 101 true
constant 1000000 worth 118 true
EOF
