#!/bin/sh
# Package: Debian coinor-cbc 2.10.8+ds1-1, coinor-clp 1.17.6-3, coinor-symphony 5.6.17+dfsg-1+b1
# Guess: CBC refuses the section QUADOBJ of an MPS file, or minimises it, with integers too
# Seen: for min x^2 + 3 y^2 with x + y >= 4 and integers CBC calls 16 at (4, 0) optimal; the
#   optimum is 12 at (3, 1), where CLP, which drops the integers, ends; without integers CBC finds
#   CLP's point and states the linear part as the objective (-32 instead of -16); SYMPHONY reads
#   the file, drops the section and returns 0 at (10, 10); all exit with status 0
# Here: models are linear; quadratic costs become linear pieces before a file is written
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

deb_get coinor-cbc=2.10.8+ds1-1 coinor-clp=1.17.6-3 coinor-symphony=5.6.17+dfsg-1+b1
model() {
	cat <<EOF
NAME QP FREE
ROWS
 N obj
 G c1
COLUMNS
$1
 x obj $2 c1 1
 y c1 1
$3
RHS
 rhs c1 4
BOUNDS
 UP bnd x 10
 UP bnd y 10
QUADOBJ
 x x 2
 y y 6
ENDATA
EOF
}
model " M1 'MARKER' 'INTORG'" 0 " M2 'MARKER' 'INTEND'" | sed '/^$/d' >integer.mps
model "" -8 "" | sed '/^$/d' >continuous.mps
for m in integer continuous; do
	cbc $m.mps solve solution $m.cbc >log
	clp $m.mps -primalsimplex -solution $m.clp >log
	for s in cbc clp; do
		awk -v s="$m, $s" 'NR == 1 { printf "%s: %s %g", s, $1, $NF } NR > 1 { printf " %s = %g", $2, $3 }
			END { print "" }' $m.$s
	done
done >seen
symphony -F integer.mps >sym.txt
{
	printf 'integer, symphony:'
	awk '/Solution Cost/ { printf " %g", $NF }
		NF == 2 && ($1 == "x" || $1 == "y") { printf " %s = %g", $1, $2 }' sym.txt
	echo
} >>seen
same <<'EOF'
integer, cbc: Optimal 16 x = 4 y = 0
integer, clp: Optimal 12 x = 3 y = 1
continuous, cbc: Optimal -32 x = 4 y = 0
continuous, clp: Optimal -16 x = 4 y = 0
integer, symphony: 0 x = 10 y = 10
EOF
