package casefile

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
	"github.com/trigrid/trigrid/weights"
)

// Case is the content of a case file: all data of a region except its
// scenarios, which [Case.Region] samples. A Case does not change after loading,
// and several goroutines may use it.
type Case struct {
	Name  string
	Notes []string // sentences that every result repeats, such as the sources of the data
	Seed  uint64   // of the scenarios; default 1

	// Policy is the policy of the key "policy", for [trigrid.Options]. Nil: the
	// file has none.
	Policy weights.Policy

	// Season is the season that the case states, for package operate; nil
	// without the key "season".
	Season *Season

	grid         scenario.Grid
	scenarios    scenarios
	measuredFile measured      // of the key "measured" of the scenarios
	set          *scenario.Set // scenarios that the file states itself; nil: sampled
	setting      vpp.Setting   // without scenarios
	vpps         []vpp.VPP
	ders         []func() der.DER // each call makes a new DER, because regions do not share DERs
	sharing      vpp.Sharing
	outside      map[string]float64 // payoff of the outside option by DER, currency
	names        vpp.Names          // paths of quantities in the file
	priced       priced             // prices that follow from series

	// During reading: whether the grid and the scenarios permit checks against
	// series, and the series with violations.
	uncheckable bool
	unsound     map[string]bool
}

// Location returns the time zone of the grid. Times without a zone in measured
// series, and the first hour in [Options], belong to it.
func (c *Case) Location() *time.Location { return c.grid.Start.Location() }

// Start returns the first hour of the grid, such as 06:00 of a day.
func (c *Case) Start() time.Time { return c.grid.Start }

// Weights returns the weights of the key "weights", which sum to 1. A policy
// sets others from the signals of the grid.
func (c *Case) Weights() weights.Vector { return c.setting.Weights }

// unbounded is the limit of amounts that may be any number. A finite limit
// rejects values such as 1e300, which overflow in products.
const unbounded = 1e15

// smallest is the lower limit of efficiencies and other divisors. An efficiency
// of 0, for example, would divide by zero.
const smallest = 1e-6

// readSeed reads a whole number up to 2^53, up to which JSON numbers are exact.
// The default is 1. An int is too small for it on 32-bit systems.
func readSeed(v Fields) uint64 {
	seed := v.NumberOr(1, 0, 1<<53)
	if seed != math.Trunc(seed) {
		v.Wrong("a whole number")
	}
	return uint64(seed)
}

// read reads a whole case and records violations in root.
//
// A violation does not end the reading, so that one load finds all of them. The
// order matters: VPPs and DERs refer to series of the scenarios, and tariffs to
// the buying prices of the market.
func (c *Case) read(root Fields, l Loader, open func(name string) ([]byte, error)) {
	c.unsound = make(map[string]bool)
	if !root.Object() {
		return
	}
	c.Name = root.At("name").Text()
	for _, note := range root.At("notes").ListOrNone() {
		c.Notes = append(c.Notes, note.Text())
	}
	c.Seed = readSeed(root.At("seed"))
	c.readGrid(root.At("grid"))
	names := c.readScenarios(root.At("scenarios"), open)
	c.readSetting(root)
	for _, item := range listOfSome(root.At("vpps"), "VPP") {
		c.vpps = append(c.vpps, c.readVPP(item, names))
	}
	items := l.readDERs(root.At("ders"), c.grid, names)
	for _, x := range items {
		c.ders = append(c.ders, x.newDER)
	}
	// The rules have the order of the words of OneOf, of which the first is the
	// default.
	c.sharing = []vpp.Sharing{
		vpp.Shapley{},
		vpp.SampledShapley{},
		vpp.Marginal{},
		vpp.ByService{},
		vpp.ByService{Contribution: vpp.Delivered},
		vpp.ByService{Contribution: vpp.Worth},
		vpp.Nucleolus{},
	}[root.At("sharing").OneOf("shapley", "sampled_shapley", "marginal", "service", "service_delivered", "service_worth", "nucleolus")]
	if !root.At("sharing").Given() {
		c.sharing = nil // the default of the region, which depends on its DERs
	}
	c.outside = make(map[string]float64)
	root.At("outside_payoff").Members(func(name string, member Fields) {
		c.outside[name] = member.Number(-unbounded, unbounded)
	})
	c.check(root, items)
	c.readSeason(root.At("season"))
}

// listOfSome returns the items of a list, and records a violation if it is
// empty.
func listOfSome(v Fields, item string) []Fields {
	found := v.violations()
	items := v.List()
	if len(items) == 0 && v.violations() == found {
		v.Bad("is a list of 0, want at least one %s", item)
	}
	return items
}

// readGrid reads the time steps. {"start": "2020-07-06T00:00", "steps": 96,
// "step_hours": 0.25} is a day of quarter-hours; "step_hours": [0.1167, 0.25,
// …] has one length per step. With "time_zone": "Europe/Berlin" the start is
// local time, and days follow the clock.
func (c *Case) readGrid(v Fields) {
	// Without a grid, the length of no list can be checked.
	found := v.violations()
	defer func() { c.uncheckable = v.violations() > found }()
	c.grid = scenario.Grid{Step: time.Hour, Steps: 24}
	if !v.Object() {
		return
	}
	zone := time.UTC
	if x := v.At("time_zone"); x.Given() {
		var err error
		if zone, err = time.LoadLocation(x.Text()); err != nil {
			x.Wrong(`a time zone that this machine knows, such as "Europe/Berlin"`)
			zone = time.UTC
		}
	}
	text := v.At("start").Text()
	start, err := time.ParseInLocation("2006-01-02T15:04", text, zone)
	if err != nil && text != "" {
		v.At("start").Wrong(`a time such as "2020-07-06T00:00"`)
	}
	c.grid.Start = start
	c.grid.Steps = v.At("steps").Count(1, 10_000)
	if x := v.At("step_hours"); x.Given() {
		before := v.violations()
		var lengths []time.Duration
		for _, hours := range x.NumbersOrOne(c.grid.Steps, 1.0/60, 24) {
			// Whole seconds: 0.3333 h are 20 minutes, so that series of 20
			// minutes fit.
			lengths = append(lengths, time.Duration(math.Round(hours*3600))*time.Second)
		}
		if v.violations() == before && c.grid.Steps > 0 {
			c.grid = scenario.GridOf(start, lengths...)
		}
	}
}

// equalSteps reports whether all steps of the grid have one length.
func (c *Case) equalSteps() bool {
	_, equal := c.grid.EqualSteps()
	return equal
}

// Options sets how a case becomes a region. The zero value uses the case's own
// data.
type Options struct {
	// Series holds the columns that the case names under "measured". The
	// forecasts are those of the day that starts at Start, and the distribution
	// of the errors is learned from the days before it. Steps of another length
	// than the case's are resampled, see [scenario.Measured]. Default nil: the
	// file of the case's own key "measured", or else the forecasts and standard
	// deviations of the case.
	Series *scenario.Table

	// LearnFromAll learns errors from all days of Series, the planned one and
	// later ones included. A note of the region records it. Default: from
	// earlier days only.
	LearnFromAll bool

	// Start is the first hour of the day in Series. Default zero: the start of
	// the case's grid, on the clock of Series.
	Start time.Time

	// Reduction is a name of [scenario.ReducerByName]. Default empty: the key
	// "reduction" of the case.
	Reduction string

	Seed    *uint64           // of the scenarios; default nil: [Case.Seed]
	Observe scenario.Observer // of the sampling; default nil: none
}

// Region samples the scenarios of the case and returns its region. Equal cases,
// options and series give equal regions on any number of cores. It returns an
// error if Series is given for a case that states its scenarios itself, if
// Series lacks a column or the day, if Reduction is unknown, or if ctx is done.
func (c *Case) Region(ctx context.Context, o Options) (trigrid.Region, error) {
	if c.set != nil {
		if o.Series != nil {
			return trigrid.Region{}, fmt.Errorf(
				"casefile: case %q states its scenarios itself; measured series need a case with forecasts", c.Name)
		}
		if o.Reduction != "" {
			return trigrid.Region{}, fmt.Errorf(
				"casefile: case %q states its scenarios itself; a reduction needs a case that samples them", c.Name)
		}
		return c.region(c.set)
	}
	seed := c.Seed
	if o.Seed != nil {
		seed = *o.Seed
	}
	failed := func(err error) (trigrid.Region, error) {
		return trigrid.Region{}, fmt.Errorf("casefile: case %q: %w", c.Name, err)
	}
	spec, note, err := c.spec(o)
	if err != nil {
		return failed(err)
	}
	var filled []string
	if o.Series == nil && c.measuredFile.reading != nil {
		filled = c.measuredFile.reading.Notes()
	}
	generated, err := scenario.Generate(ctx, spec, rand.NewPCG(seed, 0))
	if err != nil {
		return failed(err)
	}
	own, err := c.knownOn(c.table(o), spec.Grid)
	if err != nil {
		return failed(err)
	}
	// The sample before its reduction becomes Region.Sample and needs the same
	// series.
	for _, set := range []*scenario.Set{generated.Set, generated.Sample} {
		if err := own.addKnown(set); err != nil {
			return failed(err)
		}
	}
	r, err := c.region(generated.Set)
	r.Sample = generated.Sample
	r.Notes = append(append(r.Notes, note), filled...)
	return r, err
}

// region returns the case's data with a set of scenarios, and the violations of
// [trigrid.Region.Validate].
//
// The DERs are new, so that regions of one case can run at the same time.
func (c *Case) region(set *scenario.Set) (trigrid.Region, error) {
	r := trigrid.Region{
		Name: c.Name, Notes: slices.Clone(c.Notes), Names: maps.Clone(c.names), VPPs: c.vpps, Setting: c.setting, Sharing: c.sharing, Outside: c.outside,
	}
	r.Setting.Set = set
	for _, newDER := range c.ders {
		r.DERs = append(r.DERs, newDER())
	}
	r, err := c.Priced(r)
	if err != nil {
		return r, err
	}
	return r, r.Validate()
}

// knownOn returns the scenarios of the case with the known series of a table on
// a grid. Without a table they are the case's own.
func (c *Case) knownOn(table *scenario.Table, grid scenario.Grid) (scenarios, error) {
	out := c.scenarios
	if table == nil || !slices.ContainsFunc(out.known, func(k known) bool { return k.forecastColumn != "" }) {
		return out, nil
	}
	out.known = slices.Clone(out.known)
	window, err := onto(table, grid)
	if err != nil {
		return out, err
	}
	for i := range out.known {
		k := &out.known[i]
		if k.forecastColumn == "" {
			continue
		}
		if !window.Has(k.forecastColumn) {
			return out, fmt.Errorf("series %q wants the column %q; the measured series have %q", k.Name, k.forecastColumn, window.Names())
		}
		k.Path = k.of(window)
	}
	return out, nil
}

// onto returns the part of a table on a grid, resampled to its steps.
func onto(table *scenario.Table, grid scenario.Grid) (*scenario.Table, error) {
	if grid.Lengths != nil {
		return table.Onto(grid)
	}
	table, err := table.Resample(grid.Step, grid.Start)
	if err != nil {
		return nil, err
	}
	return table.Window(grid.Start, grid.Steps)
}
