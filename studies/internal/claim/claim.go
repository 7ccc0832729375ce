// Package claim compares claims of a paper with findings. A study computes the
// findings and creates one [Claim] for each statement; Print writes them as
// text, and encoding/json as objects.
//
//	c := claim.New("B13a", "the emission rises with the carbon quota",
//		"it falls from 61.20 to 58.77 t", claim.Holds(false)) // claim.Contradicted
package claim

import (
	"fmt"
	"io"
)

// Verdict is the result of the comparison.
type Verdict string

// The verdicts.
const (
	// Reproduced: the printed figures agree with each other, or the claimed
	// direction is found.
	Reproduced Verdict = "reproduced"

	// DirectionOnly: the claim has a size or a place that our own inputs cannot
	// show, and its direction is found.
	DirectionOnly Verdict = "direction only"

	// Contradicted: figures or results disagree with the claim.
	Contradicted Verdict = "contradicted"

	// NotCheckable: the paper does not print the data behind the claim.
	NotCheckable Verdict = "not checkable"
)

// Holds returns the verdict of a claim that is either true or false.
func Holds(ok bool) Verdict {
	if ok {
		return Reproduced
	}
	return Contradicted
}

// Agrees returns the verdict of a claim with a size if only its direction can
// be compared.
func Agrees(ok bool) Verdict {
	if ok {
		return DirectionOnly
	}
	return Contradicted
}

// Claim is one statement of a paper with the finding.
type Claim struct {
	ID      string  `json:"id"`    // "B13a": number, and a letter for the statement
	Claim   string  `json:"claim"` // the statement in our words
	Found   string  `json:"found"`
	Verdict Verdict `json:"verdict"`
}

// New returns a claim.
func New(id, statement, found string, verdict Verdict) Claim {
	return Claim{ID: id, Claim: statement, Found: found, Verdict: verdict}
}

// Print writes claims to w, two lines each: number, verdict and statement, then
// the finding.
func Print(w io.Writer, claims []Claim) error {
	for _, c := range claims {
		_, err := fmt.Fprintf(w, "%-4s %-15s %s\n%20s %s\n", c.ID, c.Verdict, c.Claim, "", c.Found)
		if err != nil {
			return err
		}
	}
	return nil
}

// Direction is the movement of a sequence of values.
type Direction int

// The directions. The zero value is Stays.
const (
	Stays Direction = iota // all steps are within the tolerance
	Rises                  // no step falls, at least one rises
	Falls                  // no step rises, at least one falls
	Mixed                  // some steps rise and some fall
)

// String returns the verb of a finding, such as "rises".
func (d Direction) String() string {
	return [...]string{"stays", "rises", "falls", "rises and falls"}[d]
}

// Trend returns the direction of values. A step of at most tolerance, in the
// unit of values, counts as no movement. For example, 1, 2, 2, 3 rises and 1,
// 1.005, 1 stays at a tolerance of 0.01.
func Trend(values []float64, tolerance float64) Direction {
	up, down := false, false
	for i := 1; i < len(values); i++ {
		d := values[i] - values[i-1]
		up = up || d > tolerance
		down = down || d < -tolerance
	}
	switch {
	case up && down:
		return Mixed
	case up:
		return Rises
	case down:
		return Falls
	}
	return Stays
}
