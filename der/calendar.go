package der

// span is a run of steps [from, to).
type span struct{ from, to int }

// day returns the index of the day in which step t begins: day 0 has the first 24 h of the grid.
// The small shift keeps a step that begins at midnight, up to rounding, in the day that begins
// there.
func (c Context) day(t int) int { return int((float64(t)*c.Hours() + 1e-9) / 24) }

// days returns the steps of each day of the grid. The last day may be shorter than 24 h.
func (c Context) days() []span {
	var out []span
	for t := range c.Steps() {
		if t == 0 || c.day(t) != c.day(t-1) {
			out = append(out, span{t, t})
		}
		out[len(out)-1].to = t + 1
	}
	return out
}
