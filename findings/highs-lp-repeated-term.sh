#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1); the same in npm highs 1.0.1 and 1.14.2
# Guess: a term that occurs twice counts twice, in the objective as in a row
# Seen: HiGHS's LP reader adds repeated terms of a row, but of the objective it keeps the
#   last one only: "2 x + 2 y + x" is read as "x + 2 y", and the plan costs 12 where 11 is
#   possible
# Here: WriteLP writes each variable once; expressions add their terms before
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const text = "min\n obj: 2 x + 2 y + x\nst\n c1: x + 2 y + x >= 8\n c2: y <= 1\nend\n";
	const m = highs.createModel({ format: "lp", data: text });
	m.options.set({ output_flag: false });
	m.run();
	console.log("objective", m.getObjectiveValue(), "at", [...m.getSolution().colValue].join(" "));
	for (const line of m.exportModel("lp").split("\n")) {
		if (/obj|c1/.test(line)) console.log(line.trim());
	}
});
EOF
node run.cjs >seen
same <<'EOF'
objective 4 at 4 0
obj: +1 x +2 y
c1: +2 x +2 y >= +8
EOF
