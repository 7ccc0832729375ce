#!/bin/sh
# Package: npm highs 1.0.1 and 1.15.3 (HiGHS 1.15.1)
# Guess: solver=simplex on a program with integers solves the relaxation, which the README
#   of npm highs 1.15.3 states
# Seen: 1.0.1 does so (2.5), 1.15.3 ignores the option and keeps the integers (2)
# Here: relaxations are built by clearing the integers of the model
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3 old@npm:highs@1.0.1
grep -q 'integrality' node_modules/highs/README.md || fail "the README has changed"
cat >run.cjs <<'EOF'
const text = "Maximize\nobj: x\nSubject To\nc: 2 x <= 5\nGeneral\nx\nEnd\n";
(async () => {
	for (const name of ["old", "highs"]) {
		const highs = await require(name)();
		const r = highs.solve(text, { solver: "simplex", output_flag: false });
		console.log(name, r.ObjectiveValue);
	}
})();
EOF
node run.cjs >seen
same <<'EOF'
old 2.5
highs 2
EOF
