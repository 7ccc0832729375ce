#!/bin/sh
# Package: Debian coinor-cbc 2.10.8+ds1-1, glpk-utils 5.0-1
# Guess: a bound line in free MPS is read alike for values of any number of digits
# Seen: CBC guesses line by line whether a file is free or fixed: "UP bnd x 3" fails with "No
#   match for column", "UP bnd x 3.5" and "UP bound x 3" are read; glpsol reads all three. The
#   word FREE after the name on the first line helps, and exit status is 0 in any case
# Here: WriteMPS writes the word FREE
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

deb_get coinor-cbc=2.10.8+ds1-1 glpk-utils=5.0-1
model() {
	cat <<EOF
NAME $1
ROWS
 N obj
 L l1
COLUMNS
 x obj -1 l1 1
RHS
 rhs l1 8
BOUNDS
 UP $2
ENDATA
EOF
}
try() {
	model "$1" "$2" >m.mps
	status=0
	rm -f cbc.txt
	cbc m.mps solve solution cbc.txt >log || status=$?
	{ cat cbc.txt 2>/dev/null || echo refused; } |
		awk -v t="NAME $1, UP $2" -v s=$status 'NR == 1 { print t ": cbc", $1, $NF + 0, "exit status", s }'
	glpsol --freemps m.mps -o glp >log 2>&1
	awk -v t="NAME $1, UP $2" '/^Objective/ { print t ": glpsol", $4 }' glp
}
{
	try M "bnd x 3"
	try M "bnd x 3.5"
	try M "bound x 3"
	try "M FREE" "bnd x 3"
} >seen
same <<'EOF'
NAME M, UP bnd x 3: cbc refused 0 exit status 0
NAME M, UP bnd x 3: glpsol -3
NAME M, UP bnd x 3.5: cbc Optimal -3.5 exit status 0
NAME M, UP bnd x 3.5: glpsol -3.5
NAME M, UP bound x 3: cbc Optimal -3 exit status 0
NAME M, UP bound x 3: glpsol -3
NAME M FREE, UP bnd x 3: cbc Optimal -3 exit status 0
NAME M FREE, UP bnd x 3: glpsol -3
EOF
