package tables

import (
	"fmt"
	"io"
)

// Guess proposes the layout of a file: the first named layout whose header
// fits, or else one with the time columns that names and values of the columns
// suggest. The guess is a proposal for a person: [WriteGuess] shows it with the
// first readings. Guess returns an error if no row looks like a header with
// times below it. The layout can be one that [Read] refuses, for example
// because the order of day and month is open.
func Guess(r io.Reader) (Layout, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return Layout{}, fmt.Errorf("tables: %w", err)
	}
	text, err := decode(data)
	if err != nil {
		return Layout{}, fmt.Errorf("tables: the text is neither UTF-8, UTF-16 nor Windows-1252: %w", err)
	}
	for _, name := range Names() {
		if name == "pandas" {
			continue // its form, a time in the first column, fits other files as well
		}
		if _, ok := locate(text, Layout{Name: name}); ok {
			return Layout{Name: name}, nil
		}
	}
	// No platform fits. The header is the row with the most fields, over all
	// separators, and among equals the one with the most names.
	best, fields, filled := Layout{}, 0, 0
	for _, separator := range separators {
		rows, _ := split(head(text), separator, headRows)
		for i, header := range rows {
			names := 0
			for c := range header.cells {
				if header.cell(c) != "" {
					names++
				}
			}
			if n := len(header.cells); n < 2 || n < fields || n == fields && names <= filled {
				continue
			}
			if l, ok := guessColumns(header, rows[i+1:]); ok {
				l.guessKeys(header, rows[i+1:])
				l.Separator = separator
				best, fields, filled = l, len(header.cells), names
			}
		}
	}
	if fields == 0 {
		return Layout{}, fmt.Errorf("tables: none of the first %d lines is a header with times below it; state Time", headRows)
	}
	// Times in the first column and no other setting are the form of pandas,
	// whose name is shorter than a list of columns.
	if best.Time.Stamp != "" && best.Time.End == "" {
		if _, ok := locate(text, Layout{Name: "pandas"}); ok && best.Time.Marks == Unstated && best.Keys == nil && find(best.header(text), best.Time.Stamp) == 0 {
			return Layout{Name: "pandas"}, nil
		}
	}
	return best, nil
}

// header returns the header of a text in a layout.
func (l Layout) header(text string) []string {
	if found, ok := locate(text, l); ok {
		return found.rows[found.header].cells
	}
	return nil
}
