#!/bin/sh
# Package: npm highs 1.14.2 and 1.15.3 (HiGHS 1.15.1)
# Guess: the minimum of x^2 - 4 x is returned as x = 2 by each release
# Seen: 1.14.2 returns 2; 1.15.3 returns 1.9999999, since it adds 1e-7 to the diagonal, and the
#   error grows with the size of the solution (x = 20000 becomes 19999.999)
# Here: quadratic costs become linear pieces of a linear program
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3 old@npm:highs@1.14.2
cat >run.cjs <<'EOF'
(async () => {
	for (const name of ["old", "highs"]) {
		const highs = await require(name)();
		for (const cost of [4, 40000]) {
			const text = `Minimize\nobj: - ${cost} x + [ 2 x^2 ] / 2\nSubject To\nc: x <= 1e6\nEnd\n`;
			const r = highs.solve(text, { output_flag: false });
			console.log(name, r.Status, r.Columns.x.Primal.toPrecision(10));
		}
	}
})();
EOF
node run.cjs >seen
same <<'EOF'
old Optimal 2.000000000
old Optimal 20000.00000
highs Optimal 1.999999900
highs Optimal 19999.99900
EOF
