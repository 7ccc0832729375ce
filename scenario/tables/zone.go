package tables

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones on machines without a database of their own
)

// clockZones are the zones of local clocks that platforms name by their
// abbreviations.
var clockZones = map[string]string{
	"UTC": "UTC", "GMT": "UTC", "Z": "UTC",
	"CET/CEST": "Europe/Brussels", "WET/WEST": "Europe/Lisbon", "EET/EEST": "Europe/Helsinki",
	"GMT/BST": "Europe/London", "IST": "Europe/Dublin", "TRT": "Europe/Istanbul",
	// Prevailing time.
	"EPT": "America/New_York", "CPT": "America/Chicago", "PPT": "America/Los_Angeles",
	"AEST": "UTC+10:00", "NEM": "UTC+10:00",
}

// doubtful are abbreviations that platforms write for an offset that holds all
// year and for a local clock alike.
var doubtful = map[string]string{
	"CET": "Europe/Brussels", "WET": "Europe/Lisbon", "EET": "Europe/Helsinki",
	"EST": "America/New_York", "CST": "America/Chicago", "PST": "America/Los_Angeles", "MST": "America/Denver",
}

var (
	zoneOffset = regexp.MustCompile(`^(?:UTC|GMT)?([-+−])(\d{1,2})(?::?(\d{2}))?$`)
	zoneInName = regexp.MustCompile(`\b(UTC|GMT/BST|CET/CEST|WET/WEST|EET/EEST|CET|WET|EET|GMT|AEST|EST|CST|PST|MST|EPT|CPT|PPT)\b`)
)

// zone returns the location of a name such as "Europe/Berlin", "UTC" or
// "UTC-07:00".
//
// It returns an error for an unknown name, for an offset beyond 15 hours, and
// for "Local", the zone of the machine, which would give other results
// elsewhere.
func zone(name string) (*time.Location, error) {
	name = clean(name)
	if m := zoneOffset.FindStringSubmatch(name); m != nil {
		seconds := number(m[2])*3600 + number(m[3])*60
		if seconds > 15*3600 || number(m[3]) > 59 {
			return nil, fmt.Errorf("offset %q, want one from -15:00 to +15:00", name)
		}
		if m[1] != "+" {
			seconds = -seconds
		}
		return time.FixedZone(offsetName(seconds), seconds), nil
	}
	if clock, ok := clockZones[name]; ok && clock != name {
		return zone(clock)
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("zone %q, want a name such as \"Europe/Berlin\" or an offset such as \"UTC+01:00\"", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("zone %q is unknown, want a name such as \"Europe/Berlin\" or an offset such as \"UTC+01:00\"", name)
	}
	return loc, nil
}

// offsetName returns the name of an offset, such as UTC-07:00.
func offsetName(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("UTC%c%02d:%02d", sign, seconds/3600, seconds/60%60)
}

// zoneOfHeader returns the abbreviation in the name of a time column, such as
// "CET/CEST" of "MTU (CET/CEST)", or "".
//
// For example, zoneOfHeader("utc_timestamp") is "UTC".
func zoneOfHeader(name string) string {
	upper := strings.ToUpper(strings.NewReplacer("_", " ", "-", " ").Replace(clean(name)))
	return zoneInName.FindString(upper)
}

// instants returns the instants at which the clock of a location shows a time,
// in order: none in the night in which clocks go forward, two in the one in
// which they go back, otherwise one.
//
// For example, 2024-10-27 02:30 in Berlin has 00:30 and 01:30 UTC, and
// 2024-03-31 02:30 has none.
func instants(wall int64, loc *time.Location) []int64 {
	var found []int64
	// A clock changes at most once in two days, so that the offsets of the day
	// before and of the day after are the two that can apply.
	for _, around := range []int64{-86400, 86400} {
		_, offset := time.Unix(wall+around, 0).In(loc).Zone()
		at := wall - int64(offset)
		if wallOf(at, loc) == wall && !slices.Contains(found, at) {
			found = append(found, at)
		}
	}
	slices.Sort(found)
	return found
}

// wallOf returns the time that the clock of a location shows at an instant. The
// result is in seconds since 1970-01-01T00:00 on that clock.
func wallOf(at int64, loc *time.Location) int64 {
	_, offset := time.Unix(at, 0).In(loc).Zone()
	return at + int64(offset)
}

// markOf returns the abbreviation of a location at an instant, such as CEST.
func markOf(at int64, loc *time.Location) string {
	name, _ := time.Unix(at, 0).In(loc).Zone()
	return name
}
