package results

import (
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/vpp"
)

// Read reads a run from a Parquet file. The region is that of the run: the same
// case, measured series, day and seed. Read returns an error that lists the
// violations if steps, names or series of the file differ from it, or if
// numbers are missing. The plans of the result have the data of the region and
// the numbers of the file, so that [vpp.Plan.Verify] checks the one against the
// other. They lack the columns of their programs, so that [vpp.Plan.Recourse]
// is not available.
//
//	result, err := results.Read(file, size, region)
//	err = result.Plans[0].Verify(0)   // balances and limits, recomputed from the schedules
func Read(r io.ReaderAt, size int64, region trigrid.Region) (*trigrid.Result, error) {
	file, h, err := openParquet(r, size)
	if err != nil {
		return nil, err
	}
	return h.rebuild(region, readParquet(file))
}

// ReadCSV reads a run from a CSV file and from the description that
// [Table.WriteHead] wrote. It returns the errors of [Read].
//
// Only a pair from one run fits: the description has the number of steps and
// scenarios.
func ReadCSV(rows, description io.Reader, region trigrid.Region) (*trigrid.Result, error) {
	data, err := io.ReadAll(description)
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	h, err := parseHead(data)
	if err != nil {
		return nil, err
	}
	return h.rebuild(region, readCSV(rows))
}

// ReadFile reads a run from a file by [Read] or, if its name ends in .csv, by
// [ReadCSV] with the description in NAME.csv.json. It returns an error if the
// data of the region are not those of the run, also if no plan shows the
// difference; [ReadOther] accepts them.
func ReadFile(name string, region trigrid.Region) (*trigrid.Result, error) {
	return readFile(name, region, true)
}

// ReadOther is [ReadFile] for a run whose region has the same names and series
// and other data, such as another wear cost of a battery. Plans have the
// schedules and the money of the run and the data of the given region, so that
// [vpp.Plan.Verify] can reject them.
func ReadOther(name string, region trigrid.Region) (*trigrid.Result, error) {
	return readFile(name, region, false)
}

// readFile is [ReadFile] if the data of the region are compared, or else
// [ReadOther].
func readFile(name string, region trigrid.Region, compared bool) (*trigrid.Result, error) {
	in, err := open(name)
	if err != nil {
		return nil, err
	}
	defer in.close()
	if !compared {
		in.head.Data = nil // as in files of older versions
	}
	res, err := in.head.rebuild(region, in.parts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return res, nil
}

// ReadResult reads the result of a run without its region, for comparisons. It
// has no plans and no rows of the table; [ReadFile] reads them.
func ReadResult(name string) (*trigrid.Result, error) {
	in, err := open(name)
	if err != nil {
		return nil, err
	}
	defer in.close()
	if err := in.head.single(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return in.head.result(), nil
}

// source is an open file of a table.
type source struct {
	file  *os.File
	head  *head
	parts iter.Seq2[*columns, error]
}

func (s *source) close() { s.file.Close() }

// open opens a file of either form. The error names the file.
//
// The caller closes the source. Its parts read on demand, so that a table
// larger than the memory can be merged.
func open(name string) (s *source, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	defer func() {
		if err != nil {
			file.Close()
			err = fmt.Errorf("%s: %w", name, err)
		}
	}()
	if format, err := formatOf(name); err != nil {
		return nil, err
	} else if format == ".csv" {
		// A CSV file has no metadata.
		data, err := os.ReadFile(name + ".json")
		if err != nil {
			return nil, fmt.Errorf("results: the description of the run must be beside the CSV file: %w", err)
		}
		h, err := parseHead(data)
		return &source{file, h, readCSV(file)}, err
	}
	// A Parquet file ends with its metadata, so that its size is needed first.
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	table, h, err := openParquet(file, info.Size())
	if err != nil {
		return nil, err
	}
	return &source{file, h, readParquet(table)}, nil
}

// formatOf returns the extension of a file, which decides its form.
//
// Capital letters do not matter: RUN.CSV is a CSV file.
func formatOf(name string) (string, error) {
	switch x := strings.ToLower(filepath.Ext(name)); x {
	case ".parquet", ".csv":
		return x, nil
	}
	return "", fmt.Errorf("results: the name %q ends neither in .parquet nor in .csv", name)
}

// Files returns the names of the files that [WriteFile] writes: the table and,
// for CSV, its description. It returns nil for a name that it would refuse.
func Files(name string) []string {
	switch format, err := formatOf(name); {
	case err != nil:
		return nil
	case format == ".csv":
		return []string{name, name + ".json"}
	}
	return []string{name}
}

// Check returns the error of a file name whose extension names no form of the
// table.
func Check(name string) error {
	_, err := formatOf(name)
	return err
}

// key names a block of a table.
//
// For example, {"Town", "battery", "state", "energy", 3} has one number per
// step.
type key struct {
	vpp, der, kind, quantity string
	scenario                 int32
}

// numbersOf is a block that was read: one number per step, or one of the
// horizon.
//
// A block of kind money can have both: payments by step, and a cost without a
// step.
type numbersOf struct {
	unit    string    // as in the first row
	values  []float64 // nil without numbers per step
	seen    []bool    // steps that have a number
	count   int       // number of steps seen
	horizon float64
	single  bool // horizon is set
}

// name is a quantity of a DER or VPP without its scenario.
type name struct{ quantity, unit string }

// reading has the blocks of a table and the order of names in it.
type reading struct {
	bad    faults.List         // violations so far
	steps  int                 // of the head
	blocks map[key]*numbersOf  // all numbers
	names  map[key][]name      // by vpp, der and kind, in the order of the table
	ders   map[string][]string // members of each VPP in the order of the table
}

// rebuild returns the result of a head and the rows of its table.
//
// The order matters: the head decides whether the region fits, then all rows
// are read, then series are compared, and last the plans are built. Violations
// of the rows are collected, up to 20.
func (h *head) rebuild(region trigrid.Region, parts iter.Seq2[*columns, error]) (*trigrid.Result, error) {
	if err := h.single(); err != nil {
		return nil, err
	}
	if err := h.fits(region); err != nil {
		return nil, err
	}
	x := &reading{
		bad: faults.List{Prefix: "results: ", Max: 20}, steps: h.Steps, blocks: map[key]*numbersOf{},
		names: map[key][]name{}, ders: map[string][]string{},
	}
	if err := x.collect(parts); err != nil {
		return nil, err
	}
	x.compare(region)
	if x.bad.Len() == 0 { // another seed changes the sample, too
		h.compare(region, &x.bad)
	}
	res := h.result()
	region.Setting.Weights = res.Weights // those of the plans, which a policy may have set
	for v, s := range h.Plans {
		if s == nil {
			res.Plans = append(res.Plans, nil)
			continue
		}
		plan := x.plan(region, v)
		plan.Solution = s.solution()
		res.Plans = append(res.Plans, plan)
	}
	return res, x.bad.Err()
}

// single returns an error unless the head is that of one run.
func (h *head) single() error {
	if len(h.Cases) > 0 {
		return fmt.Errorf("results: the table has %d merged cases; read the files of single runs", len(h.Cases))
	}
	if h.Result == nil || len(h.Plans) != len(h.Result.VPPs) {
		return fmt.Errorf("results: the description of the run has no result, or not one plan per VPP")
	}
	return nil
}

// fits returns the differences between the head and a region.
//
// For example, the case with another seed has the same steps and names, and
// differs in the series only, which compare finds.
func (h *head) fits(r trigrid.Region) error {
	bad := faults.List{Prefix: "results: ", Max: 20}
	bad.Require(h.Region == "" || h.Region == r.Name, "the run is of region %q, and the given region is %q; read with the case of the run",
		h.Region, r.Name)
	g := r.Setting.Set.Grid()
	if g.Steps != h.Steps || !slices.Equal(hoursOf(g), h.StepHours) || !g.Start.Equal(h.Start) {
		bad.Addf("the run has %d steps of %v from %v, the region %d of %v from %v; read with the case, series and day of the run",
			h.Steps, h.StepHours, h.Start, g.Steps, hoursOf(g), g.Start)
	}
	// Another seed can give the same number; the fingerprints find that.
	if n := r.Setting.Set.Len(); n != h.Scenarios {
		bad.Addf("the run has %d scenarios, the region %d; read with the case and seed of the run", h.Scenarios, n)
	}
	ders := derNames(h.Result)
	if len(r.VPPs) != len(h.Result.VPPs) || len(r.DERs) != len(ders) && (h.Result.Fleet == nil || len(ders) > 0) {
		bad.Addf("the run has %d VPPs and %d DERs, the region %d and %d; read with the case of the run",
			len(h.Result.VPPs), len(ders), len(r.VPPs), len(r.DERs))
		return bad.Err()
	}
	// Rows name VPPs and DERs, so that names in another order would mix their
	// numbers.
	for i, p := range r.VPPs {
		bad.Require(p.Name == h.Result.VPPs[i].Name, "VPP %d is %q in the run and %q in the region", i, h.Result.VPPs[i].Name, p.Name)
	}
	for i, name := range ders {
		bad.Require(r.DERs[i].Name() == name, "DER %d is %q in the run and %q in the region", i, name, r.DERs[i].Name())
	}
	return bad.Err()
}

// compare adds the parts of the region whose data differ from those of the run.
// Plans need not show such a difference: a battery that stands still has the
// same plan at another wear cost.
func (h *head) compare(r trigrid.Region, bad *faults.List) {
	own := map[string]string{}
	for _, f := range fingerprints(r) {
		own[f.Part] = f.Digest
	}
	for _, f := range h.Data {
		bad.Require(own[f.Part] == f.Digest, "the data of %s differ from those of the run; read with the case and the seed of the run", f.Part)
	}
}

// collect reads all rows into blocks.
//
// Rows of one block follow each other in files of this package, so that the
// block of the row before is mostly that of the next. Any other order, such as
// that of a sorted CSV file, gives the same blocks.
func (x *reading) collect(parts iter.Seq2[*columns, error]) error {
	var (
		last  key
		block *numbersOf
	)
	for c, err := range parts {
		if err != nil {
			return err
		}
		for i := range c.len() {
			k := key{c.vpp[i], c.der[i], c.kind[i], c.quantity[i], c.scenario[i]}
			if block == nil || k != last {
				block, last = x.block(k, c.unit[i]), k
			}
			switch t := int(c.step[i]); {
			case t == null:
				x.bad.Require(!block.single, "%v: two numbers for the horizon", k)
				block.horizon, block.single = c.value[i], true
			case t >= x.steps:
				x.bad.Addf("%v: step %d of %d steps", k, t, x.steps)
			default:
				if block.values == nil {
					block.values, block.seen = make([]float64, x.steps), make([]bool, x.steps)
				}
				x.bad.Require(!block.seen[t], "%v: two numbers in step %d", k, t)
				block.values[t], block.seen[t] = c.value[i], true
				block.count++
			}
		}
	}
	return x.bad.Err()
}

// String names a block in errors.
//
// For example, DER "battery": state "energy" in scenario 3.
func (k key) String() string {
	where := "region"
	if k.vpp != "" {
		where = fmt.Sprintf("VPP %q", k.vpp)
	}
	if k.der != "" {
		where = fmt.Sprintf("DER %q", k.der)
	}
	text := fmt.Sprintf("%s: %s %q", where, k.kind, k.quantity)
	if k.scenario != null {
		text += fmt.Sprintf(" in scenario %d", k.scenario)
	}
	return text
}

// block returns the block of a key and creates it at its first row.
//
// The first row of a kind "expected" names a member of its VPP, and names keep
// the order of the file, so that a plan lists members, states and items as the
// run did.
func (x *reading) block(k key, unit string) *numbersOf {
	if b, ok := x.blocks[k]; ok {
		return b
	}
	b := &numbersOf{unit: unit}
	x.blocks[k] = b
	group := key{vpp: k.vpp, der: k.der, kind: k.kind}
	if x.named(group, k.quantity) {
		return b
	}
	if k.der != "" && k.kind == kindExpected && len(x.names[group]) == 0 {
		x.ders[k.vpp] = append(x.ders[k.vpp], k.der)
	}
	x.names[group] = append(x.names[group], name{k.quantity, unit})
	return b
}

// named reports whether a quantity of a DER or VPP is in the table already.
func (x *reading) named(group key, quantity string) bool {
	for _, n := range x.names[group] {
		if n.quantity == quantity {
			return true
		}
	}
	return false
}

// optional returns the numbers of a block per step, or nil if the table has
// none.
//
// A block with some of its steps is a violation: the table is incomplete.
func (x *reading) optional(k key) []float64 {
	b := x.blocks[k]
	if b == nil {
		return nil
	}
	x.bad.Require(b.count == x.steps, "%v: %d numbers for %d steps", k, b.count, x.steps)
	return b.values
}

// required is [reading.optional] for a block that every table has.
func (x *reading) required(k key) []float64 {
	values := x.optional(k)
	x.bad.Require(values != nil, "%v is missing", k)
	return values
}

// number returns the number of a block of the horizon.
//
// A missing number is a violation, and reading goes on with 0, so that one
// error lists all of them.
func (x *reading) number(k key) float64 {
	b := x.blocks[k]
	if !x.bad.Require(b != nil && b.single, "%v is missing", k) {
		return 0
	}
	return b.horizon
}

// compare adds the differences between the probabilities and series of the
// table and of the region.
//
// Both must be equal to the last bit, because files have all digits. The first
// difference of the series is enough: a wrong seed changes all of them.
func (x *reading) compare(r trigrid.Region) {
	set := r.Setting.Set
	for s := range set.Len() {
		p := x.number(key{kind: kindScenario, quantity: "probability", scenario: int32(s)})
		x.bad.Require(p == set.Probability(s), "scenario %d has probability %v in the run and %v in the region; read with the seed of the run",
			s, p, set.Probability(s))
	}
	for _, name := range set.Names() {
		for s := range set.Len() {
			read, own := x.required(key{kind: kindSeries, quantity: name, scenario: int32(s)}), set.Path(name, s)
			for t := range read {
				if read[t] != own[t] {
					x.bad.Addf("series %q is %v in scenario %d, step %d of the run and %v in the region; read with the case, series and seed of the run",
						name, read[t], s, t, own[t])
					return
				}
			}
		}
	}
}

// plan returns the plan of a VPP.
//
// Payments and values are read, not recomputed. [vpp.Plan.Verify] recomputes
// them from the schedules and reports differences.
func (x *reading) plan(r trigrid.Region, v int) *vpp.Plan {
	own := r.VPPs[v].Name
	plan := &vpp.Plan{VPP: r.VPPs[v], Setting: r.Setting}
	of := func(kind, quantity string, s int) key {
		return key{vpp: own, kind: kind, quantity: quantity, scenario: int32(s)}
	}
	scenarios := r.Setting.Set.Len()
	plan.DayAhead = x.required(of(kindPort, "day_ahead", null))
	if r.Setting.Markets.Reserve != nil {
		plan.Offered = x.required(of(kindPort, "reserve_offer", null))
	}
	plan.Results = make([]vpp.Result, scenarios)
	for s := range scenarios {
		plan.Net = append(plan.Net, x.required(of(kindPort, "delivered", s)))
		for _, f := range totals(plan, s) {
			*f.value = x.number(of(kindTotal, f.name, s))
		}
		if prices := x.optional(of(kindPrice, "electricity", s)); prices != nil {
			plan.Prices = append(plan.Prices, prices)
		}
		for _, g := range goodsOf(plan) {
			if supplied := x.optional(of(kindPort, g.name, s)); supplied != nil {
				g.exchange.Supplied = append(g.exchange.Supplied, supplied)
			}
			if prices := x.optional(of(kindPrice, g.name, s)); prices != nil {
				g.exchange.Prices = append(g.exchange.Prices, prices)
			}
		}
	}
	for _, f := range values(plan) {
		*f.value = x.number(of(kindExpected, f.name, null))
	}
	for _, d := range x.ders[own] {
		if m, ok := x.member(r, own, d); ok {
			plan.Members = append(plan.Members, m)
		}
	}
	return plan
}

// member returns a member of a VPP.
//
// Ports that the table lacks stay nil, as in the plan of the run. The DER
// itself comes from the region.
func (x *reading) member(r trigrid.Region, own, d string) (m vpp.Member, ok bool) {
	for _, unit := range r.DERs {
		if unit.Name() == d {
			m.DER = unit
		}
	}
	if !x.bad.Require(m.DER != nil, "the table has the DER %q, which the region lacks", d) {
		return m, false
	}
	of := func(kind, quantity string, s int) key { return key{own, d, kind, quantity, int32(s)} }
	m.Schedule = der.Schedule{DayAhead: x.required(of(kindPort, "day_ahead", null))}
	for s := range r.Setting.Set.Len() {
		p := der.Ports{Cost: x.number(of(kindTotal, "program_cost", s))}
		for _, port := range portsOf(&p) {
			*port.path = x.optional(of(kindPort, port.name, s))
		}
		for _, n := range x.names[key{vpp: own, der: d, kind: kindState}] {
			if values := x.optional(of(kindState, n.quantity, s)); values != nil {
				p.Traces = append(p.Traces, der.Path{Name: n.quantity, Unit: n.unit, Values: values})
			}
		}
		var benefit der.Benefit
		for _, n := range x.names[key{vpp: own, der: d, kind: kindItem}] {
			benefit.Earn(n.quantity, x.number(of(kindItem, n.quantity, s)))
		}
		m.Schedule.Realised, m.Benefits = append(m.Schedule.Realised, p), append(m.Benefits, benefit)
	}
	for _, f := range member(&m) {
		*f.value = x.number(of(kindExpected, f.name, null))
	}
	for _, n := range x.names[key{vpp: own, der: d, kind: kindExpectedItem}] {
		m.Items = append(m.Items, der.Item{What: n.quantity, Amount: x.number(of(kindExpectedItem, n.quantity, null))})
	}
	return m, true
}
