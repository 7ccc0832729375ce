package scenario

import (
	"errors"
	"fmt"
)

// maxFaults bounds how many violations one error spells out, so that a column of the wrong kind does
// not print ten thousand lines.
const maxFaults = 20

// faults collects violations of the same input, to be reported all at once.
type faults struct {
	prefix string
	errs   []error
	more   int
}

// addf notes one violation.
func (f *faults) addf(format string, args ...any) { f.add(fmt.Errorf(f.prefix+format, args...)) }

// add notes an error that names its own context; nil is ignored.
func (f *faults) add(err error) {
	if err == nil {
		return
	}
	if len(f.errs) == maxFaults {
		f.more++
		return
	}
	f.errs = append(f.errs, err)
}

// err returns the violations joined, or nil where there were none.
func (f *faults) err() error {
	if f.more > 0 {
		return errors.Join(append(f.errs, fmt.Errorf("%sand %d more of the kind", f.prefix, f.more))...)
	}
	return errors.Join(f.errs...)
}
