package trigrid

// PlanAll makes a search plan all coalitions before it starts, so that it knows
// all profiles.
func (o Options) PlanAll() Options {
	o.planAll = true
	return o
}
