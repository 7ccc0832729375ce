#!/bin/sh
# Package: npm suncalc 1.9.0 and 2.0.2, suncalc3 2.0.5
# Guess: getPosition of SunCalc returns radians, the azimuth from south, in each release and fork
# Seen: 2.0.2 returns degrees, the azimuth from north, and an altitude raised by refraction: at noon
#   of midsummer in Berlin 1.06 becomes 60.9, whose sine is -0.94 instead of 0.87, and a sun that
#   has not risen (-0.09 degrees) is above the horizon (0.42); suncalc3 returns radians from
#   north; in the polar night the sunrise was an invalid date and is null, so that sunset - sunrise
#   is 0 instead of NaN, in the polar day too
# Here: PV is a power series of the case, whose readers need no position of the sun
set -eu
work=$(mktemp -d)
. "$(dirname "$0")/lib/common.sh"

npm_get suncalc@2.0.2 old@npm:suncalc@1.9.0 suncalc3@2.0.5
cat >run.mjs <<'EOF'
import old from "old";
import * as now from "suncalc";
import three from "suncalc3";
for (const time of ["02:50", "11:00"]) {
	for (const [name, s] of [["1.9.0", old], ["2.0.2", now], ["suncalc3", three]]) {
		const { azimuth, altitude } = s.getPosition(new Date(`2025-06-21T${time}:00Z`), 52.5, 13.4);
		const sine = Math.sin(altitude).toFixed(2);
		const angles = ["azimuth", azimuth.toFixed(2), "altitude", altitude.toFixed(4)];
		console.log(time, name, ...angles, "sine", sine);
	}
}
for (const day of ["2025-06-21", "2025-12-21"]) {
	for (const [name, s] of [["1.9.0", old], ["2.0.2", now]]) {
		const { sunrise, sunset } = s.getTimes(new Date(day + "T12:00:00Z"), 69.6, 18.9);
		console.log("Tromsø", day, name, "sunrise", String(sunrise), "daylight", sunset - sunrise);
	}
}
EOF
node run.mjs >seen
same <<'EOF'
02:50 1.9.0 azimuth -2.29 altitude -0.0016 sine -0.00
02:50 2.0.2 azimuth 49.08 altitude 0.4158 sine 0.40
02:50 suncalc3 azimuth 0.86 altitude -0.0016 sine -0.00
11:00 1.9.0 azimuth -0.07 altitude 1.0628 sine 0.87
11:00 2.0.2 azimuth 176.10 altitude 60.9046 sine -0.94
11:00 suncalc3 azimuth 3.07 altitude 1.0628 sine 0.87
Tromsø 2025-06-21 1.9.0 sunrise Invalid Date daylight NaN
Tromsø 2025-06-21 2.0.2 sunrise null daylight 0
Tromsø 2025-12-21 1.9.0 sunrise Invalid Date daylight NaN
Tromsø 2025-12-21 2.0.2 sunrise null daylight 0
EOF
