// Package tables reads tables of time series in the form in which data
// platforms publish them: separators, decimal and thousands marks, missing
// markers, times in one to four columns, local clocks with both changes of
// summer time, and units of power, energy and price.
//
// A [Layout] states how a file is laid out. Six layouts are ready: smard,
// entsoe, opsd, rts_gmlc, pandas and aemo, see [Names]. [Read] returns the
// series in MW and currency per MWh:
//
//	reading, err := tables.Read(file, tables.Layout{Name: "smard"})
//	table, err := reading.Table()
//
// # Units and signs
//
// Power is in MW. Energy per step becomes the average power of the step in MW,
// unless [Column.As] keeps it in MWh. Prices are in currency per MWh. Values
// keep their sign.
//
// # Times
//
// Every value belongs to the step [Start, Start + Step). A local time that
// occurs twice, in the night in which clocks go back, means the instant that
// continues the row before it.
//
// # Nothing is guessed
//
// Read refuses a file whose decimal mark, order of day and month, or length of
// a step neither the layout states nor the file shows. [Guess] proposes a
// layout that a person accepts.
package tables
