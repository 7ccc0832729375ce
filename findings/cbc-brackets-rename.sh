#!/bin/sh
# Package: Debian coinor-cbc 2.10.8+ds1-1, glpk-utils 5.0-1
# Guess: a name with a bracket is refused or kept; other columns keep their names
# Seen: one such name makes CBC rename all columns to x0, x1, ... over names of the model: its
#   solution lists x1 = 3 for a model with x1 <= 1, since "x1" is now the column p[1]; glpsol
#   refuses the file
# Here: names contain parentheses only; WriteLP escapes brackets
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

deb_get coinor-cbc=2.10.8+ds1-1 glpk-utils=5.0-1
cat >m.lp <<'EOF'
Minimize
 obj: 2 x1 + 3 p[1]
Subject To
 c: x1 + p[1] >= 4
Bounds
 x1 <= 1
End
EOF
{
	cbc m.lp solve solution cbc.txt >log
	awk 'NR == 1 { print "cbc", $1, $NF + 0 } NR > 1 { print "cbc", $2, "=", $3 }' cbc.txt
	glpsol --lp m.lp >log || echo "glpsol exit status $?"
} >seen
same <<'EOF'
cbc Optimal 11
cbc x0 = 1
cbc x1 = 3
glpsol exit status 1
EOF
