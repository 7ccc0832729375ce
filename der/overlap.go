package der

// Overlapper is implemented by units that must not feed in and take out at once and that leave out the
// binaries which forbid it wherever [Context.MinMarginalValues] says that doing both cannot pay. A caller may then
// promise such a unit a floor that it does not know to hold, solve, and ask afterwards whether the
// promise was abused; the other way round it must state the rule from the start.
type Overlapper interface {
	DER

	// Overlaps reports whether a realised schedule feeds in and takes out at once at step t.
	Overlaps(realised *Ports, t int) bool
}

// Overlaps implements [Overlapper]: charging and discharging at once, beyond a solver's tolerance.
func (u *Storage) Overlaps(realised *Ports, t int) bool {
	const tolerance = 1e-6 // MW
	if u.Port != Electricity {
		return min(at(realised.Trace("charge"), t), at(realised.Trace("discharge"), t)) > tolerance
	}
	return min(at(realised.Injected, t), at(realised.Withdrawn, t)) > tolerance
}

var _ Overlapper = (*Storage)(nil)
