package tables

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// stamp is a date and time as a text shows it.
type stamp struct {
	wall   int64  // seconds since 1970-01-01T00:00 on the clock of the text
	hasDay bool   // the text has a date
	hasUTC bool   // the text has an offset
	offset int64  // seconds east of UTC, if hasUTC
	mark   string // abbreviation of a zone behind the time, such as CET; "" for none
}

var (
	// 2025-01-31, 2025/1/31, 2025.01.31
	yearFirst = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})`)
	// 31.01.2025, 31/01/2025, 01-31-25
	yearLast = regexp.MustCompile(`^(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}|\d{2})(?:\D|$)`)
	// 20250131, 20250131 1400, 20250131T14:00:00
	compact = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?(?:\D|$)`)
	// 31-JAN-2025, 1. Januar 2025
	dayMonth = regexp.MustCompile(`^(\d{1,2})[-. ]+(\pL{3,9})\.?[-, ]+(\d{4}|\d{2})(?:\D|$)`)
	// Jan 31, 2025
	monthDay = regexp.MustCompile(`^(\pL{3,9})\.? +(\d{1,2}),? +(\d{4})`)
	// "Fri, ", "Mi. "
	weekday = regexp.MustCompile(`^(?i:mon?|tue?|wed?|thu?|fri?|sat?|sun?|mo|di|mi|do|fr|sa|so)[a-z]*[.,]+ `)
	// 14:00, 14:00:00.000, 2:00 PM
	clockText = regexp.MustCompile(`^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]0+)?)?(?: ?([AaPp])\.?[Mm]\.?)?`)
	// 2 PM, 2pm
	clockHours = regexp.MustCompile(`^(\d{1,2}) ?([AaPp])\.?[Mm]\.?`)
	// +01:00, -0700, UTC+01
	offsetText = regexp.MustCompile(`^(?:UTC|GMT)?([-+−])(\d{2})(?::?(\d{2}))?$`)
	// CET, (CET/CEST)
	markText = regexp.MustCompile(`^\(?([A-Z]{1,5}(?:/[A-Z]{2,5})?)\)?$`)
	// " (CET/CEST)" behind an interval
	trailing = regexp.MustCompile(` ?(\([A-Z]{2,5}(?:/[A-Z]{2,5})?\))$`)
	// 7, 07, HE07, Hour 7, 7h, 3A
	wholeHour = regexp.MustCompile(`^(?:HE|H|Hour|Stunde|Hora|Ora)? ?0*(\d{1,2})(?:[hH])?([ABab])?$`)
	// 0200
	hourMinute = regexp.MustCompile(`^(\d{2})(\d{2})$`)
	// 00 - 01, 00:00-01:00
	twoClocks = regexp.MustCompile(`^(\S+?) ?[-–—] ?(\S+)$`)
	// [Europe/Berlin] behind an offset, as in RFC 9557
	bracketZone = regexp.MustCompile(`\[[A-Za-z_/+-]+\]$`)
)

// months are names of months by their first three letters, in English, German,
// French, Spanish and Italian.
var months = map[string]int{
	"jan": 1, "ene": 1, "gen": 1, "feb": 2, "fév": 2, "fev": 2, "mar": 3, "mär": 3, "mrz": 3, "apr": 4, "avr": 4, "abr": 4,
	"may": 5, "mai": 5, "mag": 5, "jun": 6, "giu": 6, "jul": 7, "lug": 7, "aug": 8, "aoû": 8, "ago": 8, "sep": 9, "set": 9,
	"oct": 10, "okt": 10, "ott": 10, "nov": 11, "dec": 12, "dez": 12, "déc": 12, "dic": 12,
}

// clean returns a text without blanks at its ends, and with single ordinary
// blanks in it. Exports have no-break blanks and byte-order marks in headers
// and cells.
func clean(text string) string {
	if isClean(text) {
		return text
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		switch r {
		case ' ', '\t', '\n', '\r', '\u00a0', '\u202f', '\u2009', '\u2007', '\ufeff', '\u200b':
			return true
		}
		return false
	}), " ")
}

// isClean reports whether clean returns the text unchanged, which is the common
// case.
func isClean(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x80 || c == ' ' && (i == 0 || i == len(text)-1 || text[i+1] == ' ') {
			return false
		}
	}
	return true
}

// fold returns a clean text in lower case, for comparisons.
func fold(text string) string { return strings.ToLower(clean(text)) }

// parseStamp reads a date with or without a time of day, or a time of day
// alone. order is that of [Time.Order]; with "", dates such as 03/04/2024 are
// refused, because they have two meanings.
//
//	2025-01-31T14:00:00+01:00   31.01.2025 14:00        Jan 31, 2025 2:00 PM
//	2025/01/31 14:00:00         31/01/2025 14:00 (CET)  31-JAN-2025
//	20250131 1400               1. Januar 2025 14:00    Fri, 31 Jan 2025 14:00 GMT
//
// Package time has no layout for 24:00, for names of months in other languages,
// or for a zone behind a blank, and it tries one layout per call.
func parseStamp(text, order string) (stamp, bool) {
	rest := clean(text)
	if m := weekday.FindString(rest); m != "" {
		rest = rest[len(m):]
	}
	rest = bracketZone.ReplaceAllString(rest, "")
	var s stamp
	year, month, day, used, ok := parseDate(rest, order)
	clock := int64(0)
	if ok {
		s.hasDay = true
		// parseDate has read eight digits; the time may follow them without a
		// mark.
		if m := compact.FindStringSubmatch(rest); m != nil && m[4] != "" {
			h, mi, sec := number(m[4]), number(m[5]), number(m[6])
			if !validClock(h, mi, sec) {
				return s, false
			}
			clock = int64(h*3600 + mi*60 + sec)
			rest = strings.TrimSpace(rest[len(strings.Join(m[1:4], "")):])
			rest = strings.TrimLeft(rest, "T 0123456789:")
		} else {
			rest = strings.TrimLeft(rest[used:], "T, ")
			c, n, hasClock := parseTimeOfDay(rest)
			if hasClock {
				clock = c
				rest = strings.TrimSpace(rest[n:])
			}
		}
		at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		if at.Day() != day || int(at.Month()) != month || year < 1 {
			return s, false // such as 31 April
		}
		s.wall = at.Unix() + clock
	} else {
		// A time of day without a date is in seconds since midnight.
		c, n, hasClock := parseTimeOfDay(rest)
		if !hasClock {
			return s, false
		}
		s.wall = c
		rest = strings.TrimSpace(rest[n:])
	}
	switch { // the zone behind the time
	case rest == "":
		return s, true
	case rest == "Z" || rest == "UTC" || rest == "(UTC)":
		s.hasUTC = true
		return s, true
	}
	if m := offsetText.FindStringSubmatch(rest); m != nil {
		s.hasUTC = true
		s.offset = int64(number(m[2])*3600 + number(m[3])*60)
		if m[1] != "+" {
			s.offset = -s.offset
		}
		return s, s.offset >= -15*3600 && s.offset <= 15*3600
	}
	if m := markText.FindStringSubmatch(rest); m != nil {
		s.mark = m[1]
		return s, true
	}
	return s, false
}

// parseDate reads the date at the start of a text and returns the number of
// bytes read.
//
// The parts are not checked here: parseDate reads 2025-02-31, and parseStamp
// refuses it.
func parseDate(text, order string) (year, month, day, used int, ok bool) {
	if m := yearFirst.FindStringSubmatch(text); m != nil {
		return number(m[1]), number(m[2]), number(m[3]), len(m[0]), true
	}
	if m := yearLast.FindStringSubmatchIndex(text); m != nil {
		first, second := number(text[m[2]:m[3]]), number(text[m[6]:m[7]])
		year, used = century(text[m[8]:m[9]]), m[9]
		switch {
		case order == "mdy":
			return year, first, second, used, true
		case order == "dmy" || text[m[4]] == '.':
			return year, second, first, used, true
		}
		return 0, 0, 0, 0, false
	}
	if m := compact.FindStringSubmatch(text); m != nil {
		return number(m[1]), number(m[2]), number(m[3]), 8, true
	}
	if m := dayMonth.FindStringSubmatchIndex(text); m != nil {
		month = monthOf(text[m[4]:m[5]])
		return century(text[m[6]:m[7]]), month, number(text[m[2]:m[3]]), m[7], month > 0
	}
	if m := monthDay.FindStringSubmatch(text); m != nil {
		month = monthOf(m[1])
		return number(m[3]), month, number(m[2]), len(m[0]), month > 0
	}
	return 0, 0, 0, 0, false
}

// parseTimeOfDay reads the time of day at the start of a text and returns its
// seconds and the number of bytes read. The end of a day is 24:00.
func parseTimeOfDay(text string) (seconds int64, used int, ok bool) {
	m := clockText.FindStringSubmatch(text)
	var h, mi, sec int
	var half string
	switch {
	case m != nil:
		h, mi, sec, half = number(m[1]), number(m[2]), number(m[3]), m[4]
	default:
		if m = clockHours.FindStringSubmatch(text); m == nil {
			return 0, 0, false
		}
		h, half = number(m[1]), m[2]
	}
	if half != "" {
		// 12 AM is 0:00 and 12 PM is 12:00.
		if h < 1 || h > 12 {
			return 0, 0, false
		}
		h %= 12
		if half == "p" || half == "P" {
			h += 12
		}
	}
	if !validClock(h, mi, sec) {
		return 0, 0, false
	}
	return int64(h*3600 + mi*60 + sec), len(m[0]), true
}

// validClock reports whether a time of day exists. 24:00:00 is the end of a
// day.
func validClock(h, mi, sec int) bool {
	return mi < 60 && sec < 60 && (h < 24 || h == 24 && mi == 0 && sec == 0)
}

// splitInterval cuts a text such as "01.01.2025 00:00 - 01.01.2025 01:00" into
// its two times. A zone behind the whole interval, such as "(CET)", stays with
// the second time, see stampLabel.
func splitInterval(text string) (from, to string, ok bool) {
	text = clean(text)
	for _, between := range []string{" - ", " – ", " — ", " to ", " bis "} {
		if from, to, ok = strings.Cut(text, between); ok {
			return from, to, from != "" && to != ""
		}
	}
	return "", "", false
}

// hourOf is a time of day in a column of its own: a clock, a whole hour, or an
// interval of both.
type hourOf struct {
	clock  int64 // seconds since midnight, or the number of the hour if whole
	whole  bool
	end    int64 // if hasEnd, in the same form
	hasEnd bool
	mark   string // abbreviation of a zone; "" for none
	offset *int64 // seconds east of UTC; nil: none
}

// parseHour reads the text of a column of times of day: "14:15", "0200", "7",
// "HE07", "3A", "02:00 PM", "00 - 01" or "00:00-01:00".
//
// For example, "7" is the whole hour 7, and "00 - 01" is an interval from 0 to
// 3600 seconds.
func parseHour(text string) (hourOf, bool) {
	text = clean(text)
	if one, ok := parseOneHour(text); ok {
		return one, true
	}
	m := twoClocks.FindStringSubmatch(text)
	if m == nil {
		return hourOf{}, false
	}
	from, ok := parseOneHour(m[1])
	to, also := parseOneHour(m[2])
	if !ok || !also || from.whole != to.whole {
		return hourOf{}, false
	}
	from.end, from.hasEnd = to.clock, true
	if from.whole { // "00 - 01" has hours of the clock
		from.clock, from.end, from.whole = from.clock*3600, from.end*3600, false
	}
	return from, true
}

// parseOneHour reads such a text that is no interval.
func parseOneHour(text string) (hourOf, bool) {
	if m := wholeHour.FindStringSubmatch(text); m != nil {
		n := number(m[1])
		// Hour 25 is the last one of the day on which clocks go back.
		return hourOf{clock: int64(n), whole: true}, n <= 25
	}
	if m := hourMinute.FindStringSubmatch(text); m != nil {
		h, mi := number(m[1]), number(m[2])
		return hourOf{clock: int64(h*3600 + mi*60)}, validClock(h, mi, 0)
	}
	s, ok := parseStamp(text, "")
	if !ok || s.hasDay {
		return hourOf{}, false
	}
	h := hourOf{clock: s.wall, mark: s.mark}
	if s.hasUTC {
		h.offset = &s.offset
	}
	return h, true
}

// monthOf returns the number of a month from its name, or 0.
func monthOf(name string) int {
	// The patterns give at least three letters.
	letters := []rune(strings.ToLower(name))
	return months[string(letters[:3])]
}

// century returns the year of two or four digits. Two digits mean 2000 to 2099.
func century(text string) int {
	if len(text) == 2 {
		return 2000 + number(text)
	}
	return number(text)
}

// number returns the value of digits, and 0 for "".
func number(digits string) int {
	n, _ := strconv.Atoi(digits) // of a pattern of digits
	return n
}

// orderOf returns the order of day and month that dates such as 25/12/2024
// show. It returns "" if none of them shows one, and the position of a date
// that contradicts an earlier one.
func orderOf(texts []string) (order string, contradiction int) {
	for i, text := range texts {
		m := yearLast.FindStringSubmatch(clean(text))
		if m == nil || m[2] == "." {
			continue
		}
		shown := ""
		if number(m[1]) > 12 {
			shown = "dmy"
		} else if number(m[3]) > 12 {
			shown = "mdy"
		}
		if shown == "" || shown == order {
			continue
		}
		if order != "" {
			return order, i
		}
		order = shown
	}
	return order, -1
}
