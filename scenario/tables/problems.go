package tables

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/trigrid/trigrid/internal/faults"
)

// maxViolations is the number of violations that an error spells out.
const maxViolations = 50

// problem is a violation with its place in the file.
type problem struct {
	line, column int
	text         string
}

// problems collects violations of a file.
type problems struct{ found []problem }

// at adds a violation of one cell. Column is the number of the field, and name
// its header.
func (p *problems) at(line, column int, name, format string, args ...any) {
	place := fmt.Sprintf("line %d, column %d", line, column+1)
	if name != "" {
		place += fmt.Sprintf(" %q", name)
	}
	p.found = append(p.found, problem{line, column, place + ": " + fmt.Sprintf(format, args...)})
}

// line adds a violation of a whole line.
func (p *problems) line(line int, format string, args ...any) {
	p.found = append(p.found, problem{line, -1, fmt.Sprintf("line %d: ", line) + fmt.Sprintf(format, args...)})
}

// file adds a violation of the whole file.
func (p *problems) file(format string, args ...any) {
	p.found = append(p.found, problem{text: fmt.Sprintf(format, args...)})
}

// err returns all violations in the order of the file, or nil.
func (p *problems) err() error {
	slices.SortStableFunc(p.found, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	bad := faults.List{Prefix: "tables: ", Max: maxViolations}
	for _, v := range p.found {
		bad.Addf("%s", v.text)
	}
	return bad.Err()
}
