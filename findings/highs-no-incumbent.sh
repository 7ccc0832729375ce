#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1)
# Guess: a maximum that stops without a solution has the objective minus infinity
# Seen: it is plus infinity, the best value there is, for a maximum as for a minimum, also if the
#   program is infeasible; the gap is Infinity for a minimum and NaN for a maximum
# Here: a solution without values has the objective NaN, and the bound that its status implies
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	for (const [limit, options] of [[51, { time_limit: 0, presolve: "off" }], [5, {}]]) {
		for (const sense of ["min", "max"]) {
			const data = `${sense}
				obj: a + 2 b + 3 c
				st
				w: 12 a + 13 b + 17 c = ${limit}
				w2: 3 a + 5 b + 7 c >= 9
				bounds
				a <= 3
				b <= 3
				c <= 3
				general
				a b c
				end`.replace(/\t/g, "");
			const m = highs.createModel({ format: "lp", data });
			m.options.set({ output_flag: false, ...options });
			m.run();
			const status = m.getModelStatus() === highs.constants.modelStatus.infeasible ? "infeasible" : "stopped";
			console.log(sense, status, "objective", m.getObjectiveValue(), "gap", m.info.get("mip_gap"));
		}
	}
});
EOF
node run.cjs >seen
same <<'EOF'
min stopped objective Infinity gap Infinity
max stopped objective Infinity gap NaN
min infeasible objective Infinity gap Infinity
max infeasible objective Infinity gap NaN
EOF
