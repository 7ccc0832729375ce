#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1)
# Guess: HiGHS refuses a quadratic objective that is not convex
# Seen: it looks at the signs of the diagonal only: half of x^2 - 6 x y + y^2 with x + y <= 10 is
#   "optimal" at 0 in the origin, although x = y = 5 gives -50
# Here: quadratic costs have no cross terms and become linear pieces of a convex curve
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const m = highs.createModel({ format: "lp", data: "min\nobj: 0 x + 0 y\nst\nc: x + y <= 10\nend\n" });
	m.options.set({ output_flag: false });
	m.passHessian({
		format: "triangular", dimension: 2, starts: new Int32Array([0, 2, 3]),
		indices: new Int32Array([0, 1, 1]), values: new Float64Array([1, -3, 1]),
	});
	m.run();
	const optimal = m.getModelStatus() === highs.constants.modelStatus.optimal;
	const [x, y] = m.getSolution().colValue;
	console.log("optimal", optimal, "objective", m.getObjectiveValue(), "at", x, y);
});
EOF
node run.cjs >seen
same <<'EOF'
optimal true objective 0 at 0 0
EOF
