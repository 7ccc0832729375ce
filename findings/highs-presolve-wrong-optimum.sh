#!/bin/sh
# Package: npm highs 1.8.0, 1.14.2 and 1.15.3 (HiGHS 1.15.1)
# Guess: presolve changes the time to solve a program with a binary, not the optimum
# Seen: 1.14.2 and 1.15.3 return -19.25 as the optimum of min 10 on + start - 3 x with
#   on - start + stop = 1, x + stop <= 10 and x + 20 stop <= 10; fixing on at 1, its own value, finds
#   the optimum of -20 at x = 10; for a commitment of 6 rows, satisfied by on = 1 and x = 40, both
#   report Infeasible; 1.8.0 is right, and so are both without presolve; neither a
#   single bit of presolve_rule_off nor all of them help
# Here: PresolveChoose turns presolve off for programs with integers; the conformance suite of
#   solvers has both programs
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

cat >run.cjs <<'EOS'
const [version, folder] = process.argv.slice(2);
const load = require(folder + "/node_modules/highs");
// The state on is 1 before the first step, so that on - start + stop = 1. With on = 0 stop would be
// 1, and x at most -10; with on = 1 start equals stop, and x <= 10 binds at stop = 0.
const stopping = (on) => `Minimize
 cost: 10 on + start - 3 x
Subject To
 logic: on - start + stop = 1
 capacity: x + stop <= 10
 stopping: x + 20 stop <= 10
Bounds
 ${on} <= on <= 1
 x <= 10
 stop <= 1
General
 on
End
`;
// With on = 0 stop would be 1, and x at most 20; with on = 1 start, stop and warm are 0.
const least = (on) => `Maximize
 output: x
Subject To
 logic: on - start + stop = 1
 up: start - on <= 0
 down: stop + on <= 1
 restart: warm - start <= 0
 stopping: x + 50 stop <= 70
 least: x >= 30
Bounds
 ${on} <= on <= 1
 x <= 40
 stop <= 1
General
 on
End
`;
async function main() {
	const optimum = async (text, options) => {
		const solver = await load({});
		const { Status, ObjectiveValue } = solver.solve(text, { mip_rel_gap: 0, mip_abs_gap: 0, ...options });
		return Status === "Optimal" ? +ObjectiveValue.toFixed(6) : Status;
	};
	for (const [name, text] of Object.entries({ stopping, least })) {
		console.log(version, name, await optimum(text(0), {}), "| without presolve", await optimum(text(0), { presolve: "off" }),
			"| on fixed at 1", await optimum(text(1), {}));
		const rules = new Set();
		for (let bit = 0; version === "1.15.3" && bit < 16; bit++) rules.add(await optimum(text(0), { presolve_rule_off: 1 << bit }));
		if (rules.size) rules.add(await optimum(text(0), { presolve_rule_off: 65535 })); // all 16
		if (rules.size) console.log(version, name, "| one or all of 16 rules off", ...rules);
	}
}
main();
EOS
for v in 1.8.0 1.14.2 1.15.3; do
	mkdir "v$v"
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work/v$v" "highs@$v" ||
		fail "npm could not install highs@$v"
	grep -q "\"version\": \"$v\"" "v$v/node_modules/highs/package.json" || fail "npm installed another highs than $v"
	node run.cjs "$v" "$work/v$v" >>seen
done
same <<'EOS'
1.8.0 stopping -20 | without presolve -20 | on fixed at 1 -20
1.8.0 least 40 | without presolve 40 | on fixed at 1 40
1.14.2 stopping -19.25 | without presolve -20 | on fixed at 1 -20
1.14.2 least Infeasible | without presolve 40 | on fixed at 1 40
1.15.3 stopping -19.25 | without presolve -20 | on fixed at 1 -20
1.15.3 stopping | one or all of 16 rules off -19.25
1.15.3 least Infeasible | without presolve 40 | on fixed at 1 40
1.15.3 least | one or all of 16 rules off Infeasible
EOS
