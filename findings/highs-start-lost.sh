#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1)
# Guess: a start given with setSolution serves the next solve, also if a bound is set to the value
#   that it has
# Seen: any change after setSolution, even of a bound to its own value, discards the start without
#   an error; without a change the log states that the start is feasible
# Here: the solver passes starts after all other changes
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const changes = {
		"no change": () => {},
		"bound to its own value": (m) => m.changeColBounds(0, 0, 1),
		"cost to its own value": (m) => m.changeColCost(0, 17),
	};
	for (const [what, change] of Object.entries(changes)) {
		const data = "max\nobj: 17 a + 19 b + 23 c\nst\nw: 12 a + 13 b + 17 c <= 31\nbinary\na b c\nend\n";
		const m = highs.createModel({ format: "lp", data });
		m.options.set({ output_flag: true, log_to_console: false, presolve: "off" });
		m.setSolution({ colValue: new Float64Array([1, 1, 0]) });
		change(m);
		let log = "";
		m.run({ [highs.constants.callbackType.logging](e) { log += e.message; } });
		console.log(what + ":", log.includes("MIP start solution is feasible") ? "start used" : "start lost");
	}
});
EOF
node run.cjs >seen
same <<'EOF'
no change: start used
bound to its own value: start lost
cost to its own value: start lost
EOF
