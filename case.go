package trigrid

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"github.com/trigrid/trigrid/internal/jsontree"
	"github.com/trigrid/trigrid/scenario"
	"github.com/trigrid/trigrid/vpp"
)

// Case is a region as a file states it: data without futures, which [Case.Region] makes.
type Case struct {
	Name  string
	Notes []string
	Seed  uint64 // of the futures

	grid    scenario.Grid
	futures futures
	set     *scenario.Set // where the file states its futures itself
	markets vpp.Setting   // without futures
	plants  []vpp.Plant
	units   []unitOf
	sharing vpp.Sharing
	outside map[string]float64
}

// Loader reads case files. The zero value knows the kinds of unit of package der.
type Loader struct {
	// Kinds are further kinds of unit by the name that "kind" has in a file; one of a known name
	// replaces it.
	Kinds map[string]UnitReader
}

// Fields is an object of a case file. Reading a field of the wrong kind records a violation with its
// path and what was wanted; the loader reports all of them together, and every field nobody read.
type Fields = jsontree.Value

// LoadCase reads a case file. Everything that is wrong with it is reported at once, each violation with
// its path in the file and what was expected: unknown keys, wrong lengths, values out of range, names
// that do not exist, limits that contradict each other.
func LoadCase(fsys fs.FS, name string) (*Case, error) { return Loader{}.Load(fsys, name) }

// Load is [LoadCase] with the loader's kinds of unit.
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
	c := &Case{}
	c.read(root, l)
	if err := root.Violations(); err != nil {
		return nil, fmt.Errorf("%s:\n%w", name, err)
	}
	// What fields cannot tell one by one, such as limits that contradict each other, shows in the region
	// on its forecasts.
	if _, err := c.region(c.expected()); err != nil {
		return nil, fmt.Errorf("%s:\n%w", name, err)
	}
	return c, nil
}

func (c *Case) read(root Fields, l Loader) {
	if !root.Object() {
		return
	}
	c.Name = root.At("name").Text()
	for _, note := range root.At("notes").ListOrNone() {
		c.Notes = append(c.Notes, note.Text())
	}
	c.Seed = uint64(root.At("seed").CountOr(1, 0, 1<<53))
	c.readGrid(root.At("grid"))
	names := c.readFutures(root.At("scenarios"))
	c.readSetting(root)
	for _, item := range root.At("plants").List() {
		c.plants = append(c.plants, c.readPlant(item, names))
	}
	for _, item := range root.At("units").List() {
		if unit := l.readUnit(item, names); unit != nil {
			c.units = append(c.units, unit)
		}
	}
	c.sharing = []vpp.Sharing{
		vpp.Shapley{},
		vpp.SampledShapley{},
		vpp.Marginal{},
		vpp.ByService{},
		vpp.ByService{Contribution: vpp.Delivered},
		vpp.ByService{Contribution: vpp.Worth},
	}[root.At("sharing").OneOf("shapley", "sampled_shapley", "marginal", "service", "service_delivered", "service_worth")]
	c.outside = make(map[string]float64)
	root.At("outside_payoff").Members(func(name string, member Fields) {
		c.outside[name] = member.Number(-huge, huge)
	})
}

// huge bounds amounts that may be anything.
const huge = 1e15

func (c *Case) readGrid(v Fields) {
	c.grid = scenario.Grid{Step: time.Hour, Steps: 24}
	if !v.Object() {
		return
	}
	text := v.At("start").Text()
	start, err := time.Parse("2006-01-02T15:04", text)
	if err != nil && text != "" {
		v.At("start").Wrong(`a time such as "2020-07-06T00:00"`)
	}
	c.grid.Start = start
	c.grid.Steps = v.At("steps").Count(1, 10_000)
	c.grid.Step = time.Duration(v.At("step_hours").NumberOr(1, 1.0/60, 24) * float64(time.Hour))
}

// CaseOptions says how a case becomes a region. The zero value works.
type CaseOptions struct {
	// Series holds measured series for the case's "measured" columns: forecasts of the day in the case's
	// grid, and errors learned from the whole of it. Nil: the forecasts and errors that the case states.
	Series *scenario.Table

	// Start moves the case to another day of Series. Zero: the case's own start.
	Start time.Time

	Seed    *uint64           // of the futures; nil: the case's own
	Observe scenario.Observer // of the making of futures; nil: none
}

// Region makes the futures of a case and returns its region. The same case, options and series give the
// same region on any number of cores.
func (c *Case) Region(ctx context.Context, o CaseOptions) (Region, error) {
	if c.set != nil {
		if o.Series != nil {
			return Region{}, errors.New("the case states its futures itself; measured series have no place in it")
		}
		return c.region(c.set)
	}
	seed := c.Seed
	if o.Seed != nil {
		seed = *o.Seed
	}
	spec, notes, err := c.spec(o)
	if err != nil {
		return Region{}, fmt.Errorf("case %q: %w", c.Name, err)
	}
	futures, err := scenario.Generate(ctx, spec, rand.NewPCG(seed, 0))
	if err != nil {
		return Region{}, fmt.Errorf("case %q: %w", c.Name, err)
	}
	for _, set := range []*scenario.Set{futures.Set, futures.Sample} {
		if err := c.futures.addKnown(set); err != nil {
			return Region{}, fmt.Errorf("case %q: %w", c.Name, err)
		}
	}
	r, err := c.region(futures.Set)
	r.Sample = futures.Sample
	r.Notes = append(r.Notes, notes...)
	return r, err
}

// region puts the case's data around a set of futures.
func (c *Case) region(set *scenario.Set) (Region, error) {
	r := Region{Name: c.Name, Notes: append([]string(nil), c.Notes...), Plants: c.plants, Setting: c.markets, Sharing: c.sharing, Outside: c.outside}
	r.Setting.Set = set
	for _, unit := range c.units {
		r.Units = append(r.Units, unit())
	}
	return r, r.Validate()
}
