#!/bin/sh
# Package: npm highs 1.15.3 (HiGHS 1.15.1), Debian coinor-cbc 2.10.8+ds1-1, glpk-utils 5.0-1
# Guess: a column named st (storage) or gen (generation) inside a row of LP text is a name, or the
#   file is refused; a keyword starts a line
# Seen: min x + 3 st with x + st >= 4 and x <= 1 is 10 for glpsol; CBC ends the objective at "st",
#   makes five columns of it and returns 0 as optimal with exit status 0; with gen, bin, end, max or
#   free instead, CBC and glpsol return 10; HiGHS refuses all of these names, and reads int
# Here: WriteLP escapes the first letter of names that are keywords
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get highs@1.15.3
deb_get coinor-cbc=2.10.8+ds1-1 glpk-utils=5.0-1
cat >run.cjs <<'EOF'
const text = require("fs").readFileSync("m.lp", "utf8");
require("highs")().then((highs) => {
	try {
		const s = highs.solve(text);
		console.log(s.Status, s.ObjectiveValue);
	} catch (e) {
		console.log(String(e.message).split(" (")[0]);
	}
}).catch(() => console.log("failed"));
EOF
for word in st gen bin end max free int; do
	cat >m.lp <<EOF
Minimize
 obj: x + 3 $word
Subject To
 c1: x + $word >= 4
 c2: x <= 1
End
EOF
	node run.cjs 2>/dev/null | sed "s/^/$word highs /"
	cbc m.lp solve solution cbc.txt >log
	awk -v word="$word" 'NR == 1 { line = $1 " " $NF + 0 } END { print word, "cbc", line ",", NR - 1, "columns" }' cbc.txt
	glpsol --lp m.lp -o glpk.txt >log
	awk -v word="$word" '/^Objective/ { print word, "glpsol", $4 }' glpk.txt
done >seen
same <<'EOF'
st highs Unable to read LP model
st cbc Optimal 0, 5 columns
st glpsol 10
gen highs Unable to read LP model
gen cbc Optimal 10, 2 columns
gen glpsol 10
bin highs Unable to read LP model
bin cbc Optimal 10, 2 columns
bin glpsol 10
end highs Unable to read LP model
end cbc Optimal 10, 2 columns
end glpsol 10
max highs Unable to read LP model
max cbc Optimal 10, 2 columns
max glpsol 10
free highs Unable to read LP model
free cbc Optimal 10, 2 columns
free glpsol 10
int highs Optimal 10
int cbc Optimal 10, 2 columns
int glpsol 10
EOF
