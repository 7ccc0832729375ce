package microgrid

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Options of [Learn]. The zero value works.
type Options struct {
	Horizon int    // hours of the backward induction after the present one, default 24
	Levels  int    // energies at which values are computed, default 41
	Classes int    // of clearness, default 8
	Samples int    // of PV and load per class and hour, default 2
	Seed    uint64 // of the samples

	// Season is the difference of declinations, as a fraction of the largest
	// one, at which the weight of a learned day falls to 1/e. Default 0.25.
	Season float64

	Ties     Ties     // among equally cheap first hours, default Early
	Envelope Envelope // of PV, default Scaled
	Errors   Errors   // of load forecasts, default Point
}

// Defaults returns the options that the zero value stands for.
//
// Horizon, Season, Ties, Envelope and Errors are the choices of [Backtest] over
// the 25 published microgrids, which read hours 0 to 5853 only: each has the
// least total cost if the others are as here. The command prints the table with
// -all -tune. Costs of the candidates above the least one, of 164647407.90 in
// total:
//
//	Ties      late 67643, early 0, middle 39508
//	Envelope  recent 25065, scaled 0
//	Errors    point 0, sampled 37481
//	Season    all days alike 13073, 1 19111, 0.5 19894, 0.25 0
//	Horizon   24 0, 36 8871, 48 11658
//
// Levels, Classes and Samples are the accuracy of values, and no choice between
// readings. They are assumed.
func Defaults() Options {
	return Options{
		Horizon: 24, Levels: 41, Classes: 8, Samples: 2, Season: 0.25, Ties: Early, Envelope: Scaled, Errors: Point,
	}
}

// Envelope is the way to carry the PV of an earlier day to the present one.
type Envelope int

// The envelopes. For example, a clear day gave 90 kW at noon in August and 60
// kW in November: of a PV of 81 kW in August, Scaled expects 54 kW in November,
// and Recent 81 kW.
const (
	Scaled Envelope = iota + 1 // by the ratio of clear skies on the two days
	Recent                     // as it was
)

// Errors is the way in which load forecasts err within the recursion.
type Errors int

// The errors. Sampled has Options.Samples learned errors for each hour, Point
// has none.
const (
	Sampled Errors = iota + 1
	Point
)

// withDefaults returns o with defaults set, or an error.
func (o Options) withDefaults() (Options, error) {
	d := Defaults()
	for _, field := range []struct {
		name     string
		value    *int
		standard int
		least    int
	}{
		{"Horizon", &o.Horizon, d.Horizon, 1},
		{"Levels", &o.Levels, d.Levels, 2},
		{"Classes", &o.Classes, d.Classes, 1},
		{"Samples", &o.Samples, d.Samples, 1},
	} {
		*field.value = cmp.Or(*field.value, field.standard)
		if *field.value < field.least {
			return o, fmt.Errorf("microgrid: Options.%s is %d, want at least %d", field.name, *field.value, field.least)
		}
	}
	o.Season = cmp.Or(o.Season, d.Season)
	if !(o.Season > 0) {
		return o, fmt.Errorf("microgrid: Options.Season is %v, want a number above 0", o.Season)
	}
	o.Ties, o.Envelope, o.Errors = cmp.Or(o.Ties, d.Ties), cmp.Or(o.Envelope, d.Envelope), cmp.Or(o.Errors, d.Errors)
	if o.Ties < Late || o.Ties > Middle {
		return o, fmt.Errorf("microgrid: Options.Ties is %d, want Late, Early or Middle", o.Ties)
	}
	if o.Envelope < Scaled || o.Envelope > Recent {
		return o, fmt.Errorf("microgrid: Options.Envelope is %d, want Scaled or Recent", o.Envelope)
	}
	if o.Errors < Sampled || o.Errors > Point {
		return o, fmt.Errorf("microgrid: Options.Errors is %d, want Sampled or Point", o.Errors)
	}
	return o, nil
}

// Stochastic minimises the expected cost by stochastic dynamic programming over
// the stored energy e and a state s of the grid (on, or off for a hours) and of
// the sky (class of clearness):
//
//	V_t(e, s) = E[ min_u K_t(u) + W_t(e + u, s) ],   W_t(e, s) = Σ_s' P(s'|s) V_t+1(e, s')
//	present hour: the u with the least K(u) + W(e + u, s), with K the exact cost of the hour
//
// Among equal u the present hour takes the one that leaves the least energy: on
// grids with fuel only, most u cost the same, and an empty battery has room for
// PV that no sample foresees.
//
// K_t depends on the load, the PV, the grid and the genset of hour t. Loads are
// forecasts, PV has samples for each class, and values are computed at Levels
// energies, with lines between them. The recursion runs anew in every hour from
// Horizon hours ahead. Tariffs are exact for the hours of the view; later ones
// repeat the last day.
//
// Distributions come from the hours given to [Learn]. Hours after those serve
// as observations: the last loads and PV locate the present day within the
// learned distributions.
//
// Sources: Bellman, R., Dynamic Programming, 1957, for the recursion; Löhndorf,
// N., Wozabal, D., Minner, S., Optimizing trading decisions for hydro storage
// systems using approximate dual dynamic programming, Oper. Res. 61(4), 2013,
// for values of storage over a Markov chain.
type Stochastic struct {
	grid    *Grid
	options Options
	load    *loadForecast
	pv      *pvForecast
	outage  *outageForecast
	random  *rand.Rand

	value, after [][]float64 // by state, at all levels: V before an hour, W after it
}

var _ Controller = (*Stochastic)(nil)

// Learn returns a controller whose distributions come from hours only. Series
// of the grid beyond them are not read.
func Learn(g *Grid, hours []Hour, o Options) (*Stochastic, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(hours) < 4*week {
		return nil, fmt.Errorf("microgrid: %d: Learn has %d hours, want at least %d", g.ID, len(hours), 4*week)
	}
	c := &Stochastic{
		grid: g, options: o, load: learnLoad(hours, o.Horizon, o.Season),
		pv:     learnPV(hours, o.Classes, o.Season, o.Envelope),
		outage: learnOutages(hours), random: rand.New(rand.NewPCG(o.Seed, uint64(g.ID))),
	}
	n := c.outage.states() * o.Classes
	c.value, c.after = make([][]float64, n), make([][]float64, n)
	for i := range n {
		c.value[i], c.after[i] = make([]float64, o.Levels), make([]float64, o.Levels)
	}
	return c, nil
}

// Decide implements [Controller].
func (c *Stochastic) Decide(v View) (Decision, error) {
	g := c.grid
	b := g.Battery
	loads := c.prepare(v)
	for _, row := range c.value {
		clear(row)
	}
	// With outages, state 0 is on. Without, the chain has one state, which is
	// the present one.
	connected := c.outage.states() > 1 || v.Present().On
	for k := c.options.Horizon; k >= 1; k-- {
		// The value after hour k, by the state at hour k.
		c.expect(v, k+1)
		c.induce(v, k, loads[k-1], v.tariff(k), connected)
	}
	c.expect(v, 1)
	state := c.outage.present(v.Past)*c.options.Classes + c.pv.present(v.Past)
	after := make(curve, c.options.Levels)
	for i, y := range c.after[state] {
		after[i] = point{c.energy(i), y}
	}
	h := v.Present()
	s := g.stage(h, v.Tariffs[0])
	choice := best(s, after, v.Energy, b, c.options.Ties)
	return g.dispatch(h, v.Tariffs[0], choice.mode, choice.change), nil
}

// prepare sets the weights of the season and returns the load forecasts of the
// hours ahead, kW.
func (c *Stochastic) prepare(v View) []float64 {
	day := v.Now / 24 % year
	c.pv.season(day)
	c.load.season(day)
	return c.load.predict(v.Past, c.options.Horizon)
}

// energy returns the energy of level i, kWh.
func (c *Stochastic) energy(i int) float64 {
	b := c.grid.Battery
	return b.Min + (b.Max-b.Min)*float64(i)/float64(c.options.Levels-1)
}

// expect sets after to the expected value over the transitions into hour now +
// k.
func (c *Stochastic) expect(v View, k int) {
	classes := c.options.Classes
	sky := c.pv.sky(v.Past, v.Now+k)
	for a := range c.outage.states() {
		for from := range classes {
			out := c.after[a*classes+from]
			clear(out)
			for _, s := range c.outage.next(a) {
				for to := range classes {
					p := s.probability
					switch {
					case sky != nil:
						p *= sky[from][to]
					case from != to:
						p = 0
					}
					if p == 0 {
						continue
					}
					for i, y := range c.value[s.to*classes+to] {
						out[i] += p * y
					}
				}
			}
		}
	}
}

// tableau is the cost of an hour at changes of energy that are multiples of the
// distance of levels, from first on, and at the points of its curves, which lie
// between levels.
type tableau struct {
	first  int
	costs  []float64
	points []point // x in levels
}

// induce sets value to V at hour now + k from after. connected reports whether
// state 0 is on.
func (c *Stochastic) induce(v View, k int, load float64, p Tariff, connected bool) {
	classes, n := c.options.Classes, c.options.Samples
	t := v.Now + k
	e := c.pv.envelope(v.Past, t)
	light := c.pv.light(e)
	for class := range classes {
		pv := make([]float64, n)
		if light {
			pv = c.pv.draw(t%24, class, n, c.random)
		}
		var on, off []tableau
		errors := make([]float64, n)
		if c.options.Errors == Sampled {
			errors = c.load.draw(t%24, k, n, c.random)
		}
		for i, x := range errors {
			h := Hour{Load: max(0, load+x), PV: pv[i] * e, On: true}
			if connected {
				on = append(on, c.tabulate(h, p))
			}
			if h.On = false; !connected || c.outage.states() > 1 {
				off = append(off, c.tabulate(h, p))
			}
		}
		for a := range c.outage.states() {
			costs := off
			if a == 0 && connected {
				costs = on
			}
			s := a*classes + class
			clear(c.value[s])
			for _, cost := range costs {
				c.add(c.value[s], c.after[s], cost, 1/float64(len(costs)))
			}
		}
	}
}

// tabulate returns the tableau of an hour.
func (c *Stochastic) tabulate(h Hour, p Tariff) tableau {
	s := c.grid.stage(h, p)
	width := (c.grid.Battery.Max - c.grid.Battery.Min) / float64(c.options.Levels-1)
	lo, hi := math.Inf(1), math.Inf(-1)
	var out tableau
	for _, k := range s {
		if len(k) == 0 {
			continue
		}
		lo, hi = min(lo, k[0].x), max(hi, k[len(k)-1].x)
		for _, q := range k {
			out.points = append(out.points, point{q.x / width, q.y})
		}
	}
	out.first = int(math.Ceil(lo/width - 1e-9))
	last := int(math.Floor(hi/width + 1e-9))
	for d := out.first; d <= last; d++ {
		out.costs = append(out.costs, min(s[0].at(float64(d)*width), s[1].at(float64(d)*width)))
	}
	return out
}

// add adds weight times min over u of cost(u) + after(e + u) to out at all
// levels e.
//
// Changes are the outer loop, so that each inner loop runs over neighbouring
// levels.
func (c *Stochastic) add(out, after []float64, cost tableau, weight float64) {
	n := len(out)
	least := slices.Repeat([]float64{math.Inf(1)}, n)
	for i, y := range cost.costs {
		d := cost.first + i
		if d <= -n || d >= n {
			continue
		}
		from, to := least[max(0, -d):min(n, n-d)], after[max(0, d):min(n, n+d)]
		for j, x := range to {
			from[j] = min(from[j], x+y)
		}
	}
	for _, q := range cost.points {
		d := int(math.Floor(q.x))
		part := q.x - float64(d)
		if part == 0 {
			continue // a level
		}
		for i := max(0, -d); i < n && i+d+1 < n; i++ {
			if x := after[i+d] + (after[i+d+1]-after[i+d])*part + q.y; x < least[i] {
				least[i] = x
			}
		}
	}
	for i, x := range least {
		out[i] += weight * x
	}
}
