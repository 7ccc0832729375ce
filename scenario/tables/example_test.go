package tables_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/trigrid/trigrid/scenario/tables"
)

// The night of the autumn change in a download of SMARD: 02:00 to 02:45 occur
// twice, and the value of one quarter is missing.
func ExampleRead() {
	const file = `Datum von;Datum bis;Wind Onshore [MWh] Originalauflösungen
27.10.2024 02:30;27.10.2024 02:45;1.000,25
27.10.2024 02:45;27.10.2024 02:00;1.001,50
27.10.2024 02:00;27.10.2024 02:15;-
27.10.2024 02:15;27.10.2024 02:30;1.002,50
`
	reading, err := tables.Read(strings.NewReader(file), tables.Layout{
		Name: "smard", Gaps: tables.Gaps{Fill: tables.Interpolate, Max: 1},
	})
	if err != nil {
		panic(err)
	}
	for i, v := range reading.Series[0].Values {
		fmt.Println(reading.Grid.Time(i).UTC().Format(time.DateTime), v, reading.Series[0].Unit)
	}
	for _, note := range reading.Notes() {
		fmt.Println(note)
	}
	// Output:
	// 2024-10-27 00:30:00 4001 MW
	// 2024-10-27 00:45:00 4006 MW
	// 2024-10-27 01:00:00 4008 MW
	// 2024-10-27 01:15:00 4010 MW
	// Wind Onshore: 1 values filled by interpolate from 2024-10-27T01:00:00Z to 2024-10-27T01:15:00Z, line 4.
}

// A file without a named layout: half-hours that are counted in each day, in
// kW.
func ExampleLayout() {
	const file = "SETTLEMENT_DATE,SETTLEMENT_PERIOD,LOAD\n30-MAR-2024,47,1500\n30-MAR-2024,48,1400\n31-MAR-2024,1,1300\n"
	reading, err := tables.Read(strings.NewReader(file), tables.Layout{
		Time:  tables.Time{Date: "SETTLEMENT_DATE", Period: "SETTLEMENT_PERIOD", Zone: "Europe/London"},
		Units: []tables.UnitRule{{Columns: "*", Unit: "kW"}},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(reading.Grid.Start, reading.Grid.Step, reading.Series[0].Values)
	// Output: 2024-03-30 23:00:00 +0000 GMT 30m0s [1.5 1.4 1.3]
}

// All violations are reported at once, each with its place.
func ExampleRead_violations() {
	const file = "time,load [kW]\n2025-01-01 00:00,1500\n2025-01-01 01:00,many\nlater,1400\n2025-01-01 01:00,1300\n"
	_, err := tables.Read(strings.NewReader(file), tables.Layout{Time: tables.Time{Stamp: "time"}})
	fmt.Println(err)
	// Output:
	// tables: line 3, column 2 "load [kW]": "many" is no finite number
	// tables: line 4, column 1 "time": "later" is no time such as 2025-01-31 14:00 or 31.01.2025 14:00
	// tables: line 5, column 1 "time": "2025-01-01 01:00" comes after 2025-01-01T01:00:00Z in line 3; the step is doubled or out of order
}

// A guess is a proposal: a person compares the first readings with the file.
func ExampleGuess() {
	const file = "REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE\nSA1,2026/08/01 00:05:00,1379.5,141.48,TRADE\nSA1,2026/08/01 00:10:00,1367.5,136.5,TRADE\n"
	layout, err := tables.Guess(strings.NewReader(file))
	if err != nil {
		panic(err)
	}
	if err := tables.WriteGuess(os.Stdout, strings.NewReader(file), layout); err != nil {
		panic(err)
	}
	// Output:
	// Guessed layout:
	//   layout     aemo
	//   separator  ','
	//   decimal    '.'
	//   thousands  ','
	//   stamp      column "SETTLEMENTDATE"
	//   order      dmy
	//   marks      end of a step
	//   zone       UTC+10:00
	//   keys       REGION
	//   step       5m0s
	// First readings, times in UTC:
	//   2026-07-31T14:00:00Z  TOTALDEMAND = 1379.5 MW  RRP = 141.48 AUD/MWh
	//   2026-07-31T14:05:00Z  TOTALDEMAND = 1367.5 MW  RRP = 136.5 AUD/MWh
}
