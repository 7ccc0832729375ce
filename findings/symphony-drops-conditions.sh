#!/bin/sh
# Package: Debian coinor-symphony 5.6.17+dfsg-1+b1, coinor-cbc 2.10.8+ds1-1
# Guess: SYMPHONY, which reads MPS files by the same library as CBC, keeps semi-continuous columns
#   and ordered sets, or refuses the file
# Seen: it drops both without a message: a column that is 0 or in [4, 10] must be at least 4 (4
#   instead of 3), and of a set with at most one nonzero column all are used (-24 instead of -10)
# Here: models state such conditions by binaries, which every solver reads
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

deb_get coinor-symphony=5.6.17+dfsg-1+b1 coinor-cbc=2.10.8+ds1-1
cat >semi.mps <<'EOF'
NAME          M
ROWS
 N  obj
 G  g1
COLUMNS
    x         obj                1.0   g1                 1.0
    y         obj                1.5   g1                 1.0
RHS
    rhs       g1                 2.0
BOUNDS
 LO bnd       x                  4.0
 SC bnd       x                 10.0
ENDATA
EOF
cat >set.mps <<'EOF'
NAME          M
ROWS
 N  obj
 L  c1
COLUMNS
    x         obj               -3.0   c1                 1.0
    y         obj               -4.0   c1                 1.0
    z         obj               -5.0   c1                 1.0
RHS
    rhs       c1                10.0
BOUNDS
 UP bnd       x                  2.0
 UP bnd       y                  2.0
 UP bnd       z                  2.0
SOS
 S1 s1
    x                  1
    y                  2
    z                  3
ENDATA
EOF
for f in semi set; do
	cbc $f.mps solve solution cbc.txt >log
	awk -v f=$f 'NR == 1 { print f, "cbc", $NF + 0 }' cbc.txt
	symphony -F $f.mps 2>&1 | awk -v f=$f '/Solution Cost/ { print f, "symphony", $NF + 0 }'
done >seen
same <<'EOF'
semi cbc 3
semi symphony 4
set cbc -10
set symphony -24
EOF
