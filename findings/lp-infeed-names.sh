#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1), Debian glpk-utils 5.0-1
# Guess: "infeed" and "inflow" are names like any other in LP text
# Seen: HiGHS takes the first three letters of a name that starts with inf as a number: it
#   refuses a model with a column infeed, which glpsol solves; feed-in and inflow of a power
#   system are such names, and names that start with nan fail in the same way
# Here: WriteLP escapes the first letter of such names
set -eu
. "$(dirname "$0")/lib.sh"

npm_get highs@1.15.3
deb_get glpk-utils=5.0-1
cat >m.lp <<'EOF'
Minimize
 obj: 2 infeed + grid
Subject To
 demand: infeed + grid >= 3
 limit: grid <= 1
End
EOF
sed 's/infeed/feed/g' m.lp >other.lp
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	for (const f of ["m.lp", "other.lp"]) {
		try {
			const m = highs.createModel({ format: "lp", data: require("fs").readFileSync(f, "utf8") });
			m.options.set({ output_flag: false });
			m.run();
			console.log(f, "highs", m.getObjectiveValue());
		} catch (e) {
			console.log(f, "highs", e.message);
		}
	}
});
EOF
{
	node run.cjs 2>/dev/null
	for f in m.lp other.lp; do
		glpsol --lp $f -o glp >log
		awk -v f=$f '/^Objective/ { print f, "glpsol", $4 }' glp
	done
} >seen
same <<'EOF'
m.lp highs readModel failed with HiGHS status -1
other.lp highs 5
m.lp glpsol 5
other.lp glpsol 5
EOF
