#!/bin/sh
# Package: Debian lp-solve 5.5.2.5-2, npm highs 1.15.3 (HiGHS 1.15.1)
# Guess: lp_solve reads the MPS file that it wrote as the same model
# Seen: the constant of a maximum changes its sign: a maximum of 5 is 19 after one way through
#   free MPS and 5 again after two, while HiGHS reads 5 from the first file; in fixed MPS
#   lp_solve writes the negated minimum without OBJSENSE and reports -5; a minimum of 1 stays 1
#   for lp_solve and is 15 for HiGHS
# Here: WriteMPS writes the constant as the cost of a column that is fixed at 1
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get lp-solve=5.5.2.5-2
cat >run.cjs <<'EOF'
require("highs")().then((highs) => {
	const m = highs.createModel({ format: "mps", data: require("fs").readFileSync(process.argv[2]) });
	m.options.set({ output_flag: false });
	m.run();
	console.log("  highs, free MPS", m.getObjectiveValue());
});
EOF
solve() {
	echo "  $1 $(lp_solve -S3 "$2" "$3" | awk '/^Value/ { print $NF + 0 }')"
}
printf 'max: 3x + 2y - 7;\nc: x + y <= 4;\n' >max.lp
printf 'min: 3x + 2y - 7;\nc: x + y >= 4;\n' >min.lp
for m in max min; do
	echo "$m"
	lp_solve -parse_only -S1 -lp $m.lp -wfmps $m.free
	lp_solve -parse_only -S1 -fmps $m.free -wfmps $m.twice
	lp_solve -parse_only -S1 -lp $m.lp -wmps $m.fixed
	solve "lp_solve, own format" -lp $m.lp
	solve "lp_solve, free MPS" -fmps $m.free
	solve "lp_solve, free MPS twice" -fmps $m.twice
	solve "lp_solve, fixed MPS" -mps $m.fixed
	node run.cjs $m.free
done >seen
same <<'EOF'
max
  lp_solve, own format 5
  lp_solve, free MPS 19
  lp_solve, free MPS twice 5
  lp_solve, fixed MPS -5
  highs, free MPS 5
min
  lp_solve, own format 1
  lp_solve, free MPS 1
  lp_solve, free MPS twice 1
  lp_solve, fixed MPS 1
  highs, free MPS 15
EOF
