// Package claim puts statements of a published study beside what is found when they are tried.
package claim

import (
	"fmt"
	"io"
)

// Verdict is what became of a claim.
type Verdict string

// The verdicts.
const (
	Reproduced    Verdict = "reproduced"     // printed figures agree with each other, or the direction claimed is found
	DirectionOnly Verdict = "direction only" // the claim has a size or a place that inputs of our own cannot show; what it points to is found
	Contradicted  Verdict = "contradicted"
	NotCheckable  Verdict = "not checkable" // what it rests on is not printed
)

// Holds judges a claim that is true or not.
func Holds(ok bool) Verdict {
	if ok {
		return Reproduced
	}
	return Contradicted
}

// Agrees judges a claim with a size by its direction.
func Agrees(ok bool) Verdict {
	if ok {
		return DirectionOnly
	}
	return Contradicted
}

// Claim is one statement of a source beside what was found.
type Claim struct {
	ID      string  `json:"id"`
	Claim   string  `json:"claim"`
	Found   string  `json:"found"`
	Verdict Verdict `json:"verdict"`
}

// New returns a claim.
func New(id, says, found string, verdict Verdict) Claim {
	return Claim{ID: id, Claim: says, Found: found, Verdict: verdict}
}

// Print writes claims, two lines each.
func Print(w io.Writer, claims []Claim) error {
	for _, c := range claims {
		if _, err := fmt.Fprintf(w, "%-4s %-15s %s\n%20s %s\n", c.ID, c.Verdict, c.Claim, "", c.Found); err != nil {
			return err
		}
	}
	return nil
}

// Trend tells how values move one after the other: +1 where they only rise, −1 where they only fall, 0 where
// they stay within the tolerance throughout, 2 where they do both.
func Trend(values []float64, tolerance float64) int {
	up, down := false, false
	for i := 1; i < len(values); i++ {
		d := values[i] - values[i-1]
		up = up || d > tolerance
		down = down || d < -tolerance
	}
	switch {
	case up && down:
		return 2
	case up:
		return 1
	case down:
		return -1
	}
	return 0
}

// Word says in words what [Trend] found.
func Word(trend int) string {
	return map[int]string{1: "rises", -1: "falls", 0: "stays", 2: "rises and falls"}[trend]
}
