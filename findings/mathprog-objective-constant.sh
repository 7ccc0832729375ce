#!/bin/sh
# Package: Debian glpk-utils 5.0-1
# Guess: the value of the objective that a MathProg model displays after solve is the objective
#   that glpsol reports
# Seen: a constant of the objective counts in glpsol's report and output file (-3) and is missing
#   in the model's own display and printf (-6)
# Here: tests read the objective from the output file, not from display statements
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

deb_get glpk-utils=5.0-1
cat >m.mod <<'EOF'
var x >= 0;
maximize profit: 3 - 2 * x;
s.t. least: x >= 3;
solve;
printf "printf %g\n", profit;
display profit;
end;
EOF
{
	glpsol -m m.mod -o glp | grep -E '^(printf|profit)'
	awk '/^Objective/ { print "output file", $4 }' glp
} >seen
same <<'EOF'
printf -6
profit.val = -6
output file -3
EOF
