#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1)
# Guess: a model that HiGHS writes as LP text and reads back is the same model
# Seen: a column that is both semi-continuous and integer is written below "semi" only and comes
#   back as semi-continuous: the optimum changes from 3 to 2.5; its MPS text keeps both
# Here: the library models minimum outputs with a binary and a row, not with such columns
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
		console.log(what, m.getObjectiveValue());
		return m;
	};
	const m = solve("model", "lp", `Minimize
		obj: x
		Subject To
		c: x >= 0.5
		Bounds
		2.5 <= x <= 10
		General
		x
		Semi-continuous
		x
		End`.replace(/\t/g, ""));
	solve("read back from LP", "lp", m.exportModel("lp"));
	solve("read back from MPS", "mps", m.exportModel("mps"));
});
EOF
node run.cjs >seen
same <<'EOF'
model 3
read back from LP 2.5
read back from MPS 3
EOF
