package casefile

import (
	"fmt"
	"io/fs"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/jsontree"
)

// Loader reads case files. The zero value reads the kinds of DER of package
// der.
type Loader struct {
	// Kinds are further kinds of DER, by the text of the key "kind". A kind
	// with the name of a built-in one replaces it.
	//
	// For example, Loader{Kinds: map[string]casefile.DERReader{"heat_pump":
	// heatpump.Read}} reads {"kind": "heat_pump", "name": "H1", …} with the
	// function Read of package heatpump.
	Kinds map[string]DERReader
}

// DERReader reads one DER from its object in a case file, without the key
// "kind", which the loader reads. It returns a function that makes the DER,
// because each region gets DERs of its own. series has the names of the case's
// series, which fields such as "available" refer to. A reader records
// violations through v and may return nil after one.
type DERReader func(v Fields, series map[string]bool) func() der.DER

// Load reads the case file of the given name with the built-in kinds of DER. It
// returns an error that wraps [fs.ErrNotExist] if there is no such file.
// Otherwise an error lists all violations, each with its path: unknown keys,
// old keys with their new names (see [CaseKeys]), wrong lengths, values out of
// range, unknown names, and limits that contradict each other.
func Load(fsys fs.FS, name string) (*Case, error) { return Loader{}.Load(fsys, name) }

// Load is the function [Load] with the kinds of DER of l.
func (l Loader) Load(fsys fs.FS, name string) (*Case, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	root, err := jsontree.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	// Old keys come first, so that the values below them are read under their
	// new names.
	rejectOldKeys(root, l.Kinds)
	c := &Case{}
	c.read(Fields{root}, l, beside(fsys, name))
	if err := root.Violations(); err != nil {
		return nil, fmt.Errorf("%s:\n%w", name, err)
	}
	// Reading finds all violations. A region that is invalid nevertheless is
	// better rejected here than after sampling.
	if _, err := c.region(c.expected()); err != nil {
		return nil, fmt.Errorf("%s:\n$: %w", name, err)
	}
	c.names = c.namesOf(Fields{root})
	return c, nil
}
