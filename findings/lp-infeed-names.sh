#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1), Debian glpk-utils 5.0-1
# Guess: "infeed" and "nanogrid" are names like any other in LP text
# Seen: HiGHS refuses a model with a column whose name starts with inf, and reads one with a name
#   that starts with nan as another model: nanogrid becomes a cost of NaN for a column ogrid, and
#   the result is "optimal" with the objective NaN; glpsol solves both
# Here: WriteLP escapes the first letter of such names
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get glpk-utils=5.0-1
cat >infeed.lp <<'EOF'
Minimize
 obj: infeed + 2 grid
Subject To
 demand: grid + infeed >= 3
 limit: infeed <= 2
End
EOF
for n in nanogrid feed; do sed "s/infeed/$n/g" infeed.lp >$n.lp; done
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	for (const f of ["infeed", "nanogrid", "feed"]) {
		try {
			const m = highs.createModel({ format: "lp", data: require("fs").readFileSync(f + ".lp", "utf8") });
			m.options.set({ output_flag: false });
			m.run();
			const optimal = m.getModelStatus() === highs.constants.modelStatus.optimal;
			console.log(f, "highs optimal", optimal, m.getObjectiveValue());
		} catch (e) {
			console.log(f, "highs", e.message);
		}
	}
});
EOF
{
	node run.cjs 2>/dev/null
	for f in infeed nanogrid feed; do
		glpsol --lp $f.lp -o glp >log
		awk -v f=$f '/^Objective/ { print f, "glpsol", $4 }' glp
	done
} >seen
same <<'EOF'
infeed highs readModel failed with HiGHS status -1
nanogrid highs optimal true NaN
feed highs optimal true 4
infeed glpsol 4
nanogrid glpsol 4
feed glpsol 4
EOF
