package microgrid

// outageForecast is a chain of the grid's state: on, or off for 1, 2, … hours.
// Outages of the published microgrids have lengths of mostly one value, so that
// the hours already passed decide when the grid returns.
type outageForecast struct {
	start float64   // probability that an outage starts after an hour with the grid on
	stay  []float64 // stay[a]: probability that it lasts longer, after a+1 hours
}

// Assumed, without a comparison by back-tests.
const (
	fewOutages = 3   // outages that have reached an hour, below which their share is no probability
	unknownEnd = 0.5 // probability that an outage longer than all learned ones lasts another hour
)

// learnOutages takes the chain from hours. Without an outage the chain stays
// on, or off without a connection.
func learnOutages(hours []Hour) *outageForecast {
	on, starts := 0, 0
	var reached, lasted []float64 // by hours passed, less one
	age := 0
	for t, h := range hours {
		if t > 0 && hours[t-1].On {
			on++
			if !h.On {
				starts++
			}
		}
		if age > 0 {
			reached = grow(reached, age)
			lasted = grow(lasted, age)
			reached[age-1]++
			if !h.On {
				lasted[age-1]++
			}
		}
		age++
		if h.On {
			age = 0
		}
	}
	f := &outageForecast{}
	if on == 0 {
		f.stay = []float64{1} // no connection
		return f
	}
	f.start = float64(starts) / float64(on)
	for a := range reached {
		if a > 0 && reached[a] < fewOutages {
			break // too few for a probability
		}
		f.stay = append(f.stay, lasted[a]/reached[a])
	}
	if len(f.stay) == 0 {
		f.stay = []float64{0}
	}
	// An outage longer than all learned ones may last on.
	if last := len(f.stay) - 1; f.start > 0 {
		f.stay[last] = unknownEnd
	}
	return f
}

// grow returns s with at least n entries.
func grow(s []float64, n int) []float64 {
	for len(s) < n {
		s = append(s, 0)
	}
	return s
}

// states returns the number of states: 0 is on, a is off for a hours; the last
// one has no end.
func (f *outageForecast) states() int {
	if f.start == 0 {
		return 1 // the present state lasts
	}
	return 1 + len(f.stay)
}

// present returns the state after the last hour.
func (f *outageForecast) present(past []Hour) int {
	age := 0
	for t := len(past) - 1; t >= 0 && !past[t].On && age < len(f.stay); t-- {
		age++
	}
	if f.start == 0 {
		return 0
	}
	return age
}

// step is a transition with its probability.
type step struct {
	to          int
	probability float64
}

// next returns the transitions from a state.
func (f *outageForecast) next(state int) []step {
	if f.start == 0 {
		return []step{{0, 1}}
	}
	if state == 0 {
		return []step{{0, 1 - f.start}, {1, f.start}}
	}
	stay := f.stay[state-1]
	return []step{{0, 1 - stay}, {min(state+1, len(f.stay)), stay}}
}
