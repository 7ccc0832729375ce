package tables_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/scenario/tables"
)

// sheet is a table to write in a layout. NaN is a missing value.
type sheet struct {
	start  time.Time
	step   time.Duration
	values [][]float64 // two series by step, with two decimals
}

func (s sheet) time(i int) time.Time { return s.start.Add(time.Duration(i) * s.step) }

// text returns a value in a notation, such as 1.234,50.
func text(v float64, decimal, thousands, missing string) string {
	if math.IsNaN(v) {
		return missing
	}
	out := strconv.FormatFloat(math.Abs(v), 'f', 2, 64)
	whole, fraction, _ := strings.Cut(out, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + thousands + whole[i:]
	}
	if v < 0 {
		whole = "-" + whole
	}
	return whole + decimal + fraction
}

// writers write a sheet as the platforms do. Each is written from the
// description of the format and shares no code with the reader.
var writers = map[string]struct {
	zone  string
	steps []time.Duration
	unit  func(step time.Duration) float64 // of the result per unit of the file
	write func(s sheet, loc *time.Location, pick *rand.Rand) string
}{
	"smard": {
		"Europe/Berlin",
		[]time.Duration{15 * time.Minute, time.Hour},
		func(step time.Duration) float64 { return 1 / step.Hours() },
		func(s sheet, loc *time.Location, pick *rand.Rand) string {
			var out strings.Builder
			german := pick.IntN(2) == 0
			line := []string{"\n", "\r\n"}[pick.IntN(2)]
			if german {
				out.WriteString("\ufeffDatum von;Datum bis;A [MWh] Originalauflösungen;B [MWh] Originalauflösungen" + line)
			} else {
				out.WriteString("Start date;End date;A [MWh] Original resolutions;B [MWh] Original resolutions" + line)
			}
			for i, row := range s.values {
				form, decimal, thousands := "Jan 2, 2006 3:04 PM", ".", ","
				if german {
					form, decimal, thousands = "02.01.2006 15:04", ",", "."
				}
				fmt.Fprintf(&out, "%s;%s;%s;%s%s", s.time(i).In(loc).Format(form), s.time(i+1).In(loc).Format(form),
					text(row[0], decimal, thousands, "-"), text(row[1], decimal, thousands, "-"), line)
			}
			return out.String()
		},
	},
	"entsoe": {
		"Europe/Brussels",
		[]time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour},
		func(time.Duration) float64 { return 1 },
		func(s sheet, loc *time.Location, pick *rand.Rand) string {
			var out strings.Builder
			if pick.IntN(2) == 0 {
				out.WriteString(`"Time (CET/CEST)","A [MW] - BZN|XX","B [MW] - BZN|XX"` + "\r\n")
				for i, row := range s.values {
					fmt.Fprintf(&out, "\"%s - %s\",\"%s\",\"%s\"\r\n", s.time(i).In(loc).Format("02.01.2006 15:04"),
						s.time(i+1).In(loc).Format("02.01.2006 15:04"), text(row[0], ".", "", "n/e"), text(row[1], ".", "", "-"))
				}
				return out.String()
			}
			out.WriteString(`"MTU (CET/CEST)","Area","A (MW)","B (MW)"` + "\n")
			for i, row := range s.values {
				fmt.Fprintf(&out, "\"%s - %s\",\"BZN|XX\",%s,\"%s\"\n", s.time(i).In(loc).Format("02/01/2006 15:04:05"),
					s.time(i+1).In(loc).Format("02/01/2006 15:04:05"), text(row[0], ".", "", ""), text(row[1], ".", "", "N/A"))
			}
			return out.String()
		},
	},
	"opsd": {
		"Europe/Brussels",
		[]time.Duration{15 * time.Minute, time.Hour},
		func(time.Duration) float64 { return 1 },
		func(s sheet, loc *time.Location, _ *rand.Rand) string {
			var out strings.Builder
			out.WriteString("utc_timestamp,cet_cest_timestamp,A_load_actual,B_solar_generation\n")
			for i, row := range s.values {
				fmt.Fprintf(&out, "%s,%s,%s,%s\n", s.time(i).UTC().Format("2006-01-02T15:04:05Z"), s.time(i).In(loc).Format("2006-01-02T15:04:05-0700"),
					text(row[0], ".", "", ""), text(row[1], ".", "", ""))
			}
			return out.String()
		},
	},
	"rts_gmlc": {
		"UTC-07:00",
		[]time.Duration{time.Hour, 5 * time.Minute},
		func(time.Duration) float64 { return 1 },
		func(s sheet, loc *time.Location, _ *rand.Rand) string {
			var out strings.Builder
			out.WriteString("Year,Month,Day,Period,A,B\n")
			for i, row := range s.values {
				at := s.time(i).In(loc)
				period := 1 + (at.Hour()*60+at.Minute())/int(s.step.Minutes())
				fmt.Fprintf(&out, "%d,%d,%d,%d,%s,%s\n", at.Year(), at.Month(), at.Day(), period, text(row[0], ".", "", "NaN"), text(row[1], ".", "", "NaN"))
			}
			return out.String()
		},
	},
	"pandas": {
		"America/New_York",
		[]time.Duration{10 * time.Minute, time.Hour},
		func(time.Duration) float64 { return 1e-3 },
		func(s sheet, loc *time.Location, pick *rand.Rand) string {
			var out strings.Builder
			out.WriteString([]string{"", "time", "timestamp", "date"}[pick.IntN(4)] + ",a_kw,b_kw\n")
			for i, row := range s.values {
				fmt.Fprintf(&out, "%s,%s,%s\n", s.time(i).In(loc).Format("2006-01-02 15:04:05-07:00"), text(row[0], ".", "", ""), text(row[1], ".", "", "nan"))
			}
			return out.String()
		},
	},
	"aemo": {
		"UTC+10:00",
		[]time.Duration{5 * time.Minute, 30 * time.Minute},
		func(time.Duration) float64 { return 1 },
		func(s sheet, loc *time.Location, _ *rand.Rand) string {
			var out strings.Builder
			out.WriteString("C,NEMP.WORLD,X\r\nI,DISPATCH,PRICE,5,SETTLEMENTDATE,RUNNO,REGIONID,RRP\r\n")
			for i, row := range s.values {
				for k, region := range []string{"NSW1", "VIC1"} {
					fmt.Fprintf(&out, "D,DISPATCH,PRICE,5,\"%s\",1,%s,%s\r\n", s.time(i+1).In(loc).Format("2006/01/02 15:04:05"), region, text(row[k], ".", "", ""))
				}
			}
			return out.String() + "C,\"END OF REPORT\",1\r\n"
		},
	},
}

// Tables of random length and place, often across a change of clocks, come back
// to the value.
func TestLayoutRandomTablesComeBack(t *testing.T) {
	changes := []time.Time{ // near changes in Berlin and New York, and other days
		time.Date(2024, 3, 31, 1, 0, 0, 0, time.UTC), time.Date(2024, 10, 27, 1, 0, 0, 0, time.UTC),
		time.Date(2024, 3, 10, 7, 0, 0, 0, time.UTC), time.Date(2024, 11, 3, 6, 0, 0, 0, time.UTC),
		time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), time.Date(2023, 12, 31, 23, 0, 0, 0, time.UTC),
	}
	for name, w := range writers {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(100) {
				pick := rand.New(rand.NewPCG(seed, 1))
				loc := location(t, w.zone)
				s := sheet{step: w.steps[pick.IntN(len(w.steps))]}
				near := changes[pick.IntN(len(changes))]
				s.start = near.Add(-time.Duration(pick.IntN(12)) * s.step)
				steps := 3 + pick.IntN(40)
				if name == "rts_gmlc" { // whole days, from which the step follows
					s.start = time.Date(near.Year(), near.Month(), near.Day(), 0, 0, 0, 0, loc)
					steps = (1 + pick.IntN(2)) * int(24*time.Hour/s.step)
				}
				for range steps {
					row := []float64{0, 0}
					for k := range row {
						row[k] = math.Round((pick.Float64()*4e6-1e6)*100) / 100
						if pick.IntN(10) == 0 {
							row[k] = math.NaN()
						}
					}
					s.values = append(s.values, row)
				}
				s.values[0] = []float64{1234567.89, -0.5} // a series has a number
				file := w.write(s, loc, pick)
				got, err := tables.Read(strings.NewReader(file), tables.Layout{Name: name, Gaps: tables.Gaps{Fill: tables.Leave}})
				require.NoError(t, err, "seed %d\n%s", seed, file)
				require.Equal(t, s.step, got.Grid.Step, "seed %d\n%s", seed, file)
				require.True(t, s.start.Equal(got.Grid.Start), "seed %d: %s, want %s\n%s", seed, got.Grid.Start, s.start, file)
				require.Equal(t, steps, got.Grid.Steps, file)
				for k := range 2 {
					for i, row := range s.values {
						want := row[k] * w.unit(s.step)
						if math.IsNaN(want) {
							require.True(t, math.IsNaN(got.Series[k].Values[i]))
							continue
						}
						require.InDelta(t, want, got.Series[k].Values[i], 1e-14*math.Abs(want), "seed %d, step %d\n%s", seed, i, file)
					}
				}
			}
		})
	}
}

// location returns a zone by name, or UTC with an offset in hours such as
// UTC-07:00.
func location(t *testing.T, name string) *time.Location {
	t.Helper()
	var hours int
	if n, _ := fmt.Sscanf(name, "UTC%d:00", &hours); n == 1 {
		return time.FixedZone(name, hours*3600)
	}
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

// Both changes of the clock in zones of both hemispheres, one of half an hour:
// stamps that mark starts, ends on the clock, ends counted from the start, and
// intervals.
func TestLayoutClocksChangeInBothDirections(t *testing.T) {
	for _, c := range []struct{ zone, day string }{
		{"Europe/Berlin", "2024-03-31"},
		{"Europe/Berlin", "2024-10-27"},
		{"America/New_York", "2024-03-10"},
		{"America/New_York", "2024-11-03"},
		{"Europe/London", "2024-03-31"},
		{"Europe/London", "2024-10-27"},
		{"Australia/Sydney", "2024-10-06"},
		{"Australia/Sydney", "2024-04-07"},
		{"Australia/Lord_Howe", "2024-10-06"},
		{"Australia/Lord_Howe", "2024-04-07"},
		{"America/Santiago", "2024-09-08"},
		{"America/Santiago", "2024-04-06"},
		{"Asia/Kolkata", "2024-04-07"}, // no change
	} {
		loc := location(t, c.zone)
		day, err := time.ParseInLocation(time.DateOnly, c.day, loc)
		require.NoError(t, err)
		next := day.AddDate(0, 0, 2)
		day = day.Add(-5 * time.Hour)
		for _, step := range []time.Duration{15 * time.Minute, 30 * time.Minute} {
			steps := int(next.Sub(day) / step)
			const form = "02.01.2006 15:04"
			for name, write := range map[string]func(at time.Time) string{
				"start":    func(at time.Time) string { return at.Format(form) },
				"end":      func(at time.Time) string { return at.Add(step).Format(form) },
				"interval": func(at time.Time) string { return at.Format(form) + " - " + at.Add(step).Format(form) },
				"counted": func(at time.Time) string { // the clock at the start plus the step
					wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
					return wall.Add(step).Format(form)
				},
				"offset": func(at time.Time) string { return at.Format("2006-01-02 15:04:05-07:00") },
			} {
				for _, reversed := range []bool{false, true} {
					rows := make([]string, steps)
					for i := range rows {
						rows[i] = fmt.Sprintf("%s;%d\n", write(day.Add(time.Duration(i)*step).In(loc)), i)
						if reversed {
							rows[i] = fmt.Sprintf("%s;%d\n", write(day.Add(time.Duration(steps-1-i)*step).In(loc)), steps-1-i)
						}
					}
					l := tables.Layout{Time: tables.Time{Stamp: "t", Zone: c.zone}}
					if name == "end" || name == "counted" {
						l.Time.Marks = tables.End
					}
					got, err := tables.Read(strings.NewReader("t;v\n"+strings.Join(rows, "")), l)
					require.NoError(t, err, "%s %s %s %v", c.zone, c.day, name, step)
					require.True(t, day.Equal(got.Grid.Start), "%s %s %s: %s, want %s", c.zone, c.day, name, got.Grid.Start, day)
					require.Equal(t, steps, got.Grid.Steps)
					for i, v := range got.Series[0].Values {
						require.Equal(t, float64(i), v)
					}
				}
			}
		}
	}
}

// A file that begins within the doubled hour begins at the instant from which
// its rows continue.
func TestLayoutFileBeginsInTheDoubledHour(t *testing.T) {
	loc := location(t, "Europe/Berlin")
	for _, hour := range []int{0, 1} { // in UTC: the first and the second 02:00
		start := time.Date(2024, 10, 27, hour, 30, 0, 0, time.UTC)
		var out strings.Builder
		out.WriteString("t,v\n")
		for i := range 12 {
			fmt.Fprintf(&out, "%s,%d\n", start.Add(time.Duration(i)*15*time.Minute).In(loc).Format("2006-01-02 15:04"), i)
		}
		got, err := tables.Read(strings.NewReader(out.String()), tables.Layout{Time: tables.Time{Stamp: "t", Zone: "Europe/Berlin"}})
		require.NoError(t, err)
		require.True(t, start.Equal(got.Grid.Start), "%s, want %s", got.Grid.Start.UTC(), start)
	}
}
