package fleet

import (
	"fmt"
	"math"
	"slices"

	"github.com/trigrid/trigrid/der"
	"github.com/trigrid/trigrid/internal/faults"
	"github.com/trigrid/trigrid/milp"
	"github.com/trigrid/trigrid/vpp"
)

// Problem is the choice of VPPs by the classes of a region. The methods only
// read it.
//
// For example, ten VPPs and four fleets of 25 000 DERs are 40 pairs of a class
// and a VPP. The joint program has the columns of 40 DERs.
type Problem struct {
	VPPs    []vpp.VPP   // with different names
	Fleets  []der.Fleet // the classes, with different names
	Setting vpp.Setting
	Rule    Rule      // nil: [Marginal]
	Outside []float64 // u_k, payoff of a DER outside of all VPPs, per class. Nil: 0

	// Last is an earlier split, DERs per VPP and class, and Move the cost of a
	// DER that arrives in another place than there, in units of the objective.
	// Among nearly equal splits the solution is then close to the last one.
	// Payoffs in the places of a class differ by at most Move; welfare, bound
	// and regrets do not count it. Nil: none.
	Last [][]float64
	Move float64
}

// rule returns the sharing rule.
func (p Problem) rule() Rule {
	if p.Rule == nil {
		return Marginal{}
	}
	return p.Rule
}

// outside returns u_k.
func (p Problem) outside(k int) float64 {
	if p.Outside == nil {
		return 0
	}
	return p.Outside[k]
}

// Validate returns an error that lists all violations of the data.
// [Problem.Formulate] also refuses kinds whose program holds for one DER only
// ([der.ScaleNone]), and quadratic costs.
func (p Problem) Validate() error {
	bad := faults.List{Prefix: "fleet: "}
	bad.Require(len(p.VPPs) > 0, "VPPs is empty, want at least one")
	bad.Require(len(p.Fleets) > 0, "Fleets is empty, want at least one class")
	if p.Outside != nil {
		bad.Require(len(p.Outside) == len(p.Fleets), "Outside has %d payoffs, want one for each of %d classes, or nil", len(p.Outside), len(p.Fleets))
	}
	for k, u := range p.Outside {
		bad.Finite(fmt.Sprintf("Outside[%d]", k), u, "")
	}
	bad.AtLeast("Move", p.Move, 0, "")
	if p.Last != nil {
		bad.Require(len(p.Last) == len(p.VPPs) && !slices.ContainsFunc(p.Last, func(row []float64) bool { return len(row) != len(p.Fleets) }),
			"Last has other dimensions than %d VPPs and %d classes", len(p.VPPs), len(p.Fleets))
	}
	at, weight := p.rule().Nodes()
	bad.Require(len(at) > 0 && len(at) == len(weight), "rule %s has %d nodes and %d weights, want one weight per node", p.rule().Name(), len(at), len(weight))
	for q, t := range at {
		bad.Require(t > 0 && t <= 1, "rule %s has the node %v, want one above 0 and at most 1", p.rule().Name(), t)
		bad.Require(q >= len(weight) || weight[q] > 0, "rule %s has a weight of at most 0 at the node %v, want one above 0", p.rule().Name(), t)
	}
	names := map[string]bool{}
	for _, v := range p.VPPs {
		bad.Require(!names[v.Name], "two VPPs are named %q; names must differ", v.Name)
		names[v.Name] = true
	}
	if p.Setting.Set == nil {
		bad.Add(p.Setting.Validate())
		return bad.Err()
	}
	var members []der.DER
	for k := range p.Fleets {
		if p.Fleets[k].Unit == nil {
			bad.Add(p.Fleets[k].Validate(p.Setting.Set))
			continue
		}
		name := p.Fleets[k].Name()
		bad.Require(!names[name], "class %q has the name of a VPP or of another class; names must differ", name)
		names[name] = true
		members = append(members, &p.Fleets[k])
	}
	for _, v := range p.VPPs { // each checks the members in its setting
		bad.Add(vpp.Problem{VPP: v, Members: members, Setting: p.Setting}.Validate())
	}
	return bad.Err()
}

// class is a DER whose number in a VPP is a column: its share, from 0 to 1, of
// many DERs.
type class struct {
	der.Fleet
	many  float64 // DERs at the share 1
	scale der.Scale
	terms []der.Terms
}

// shareOf is the quantity in the name of the column.
const shareOf = "fleet_share"

// Model implements [der.DER]. An [der.Overlapper] leaves out its rule against
// injection and withdrawal at once, which can only increase a value. overlaps
// reports whether a solution breaks it.
func (u *class) Model(m *milp.Model, _ milp.Expr, c der.Context) []der.Terms {
	if _, ok := der.As[der.Overlapper](u.Unit); ok {
		c.MinMarginalValues = slices.Repeat([]float64{math.Inf(1)}, c.Steps())
	}
	u.scale = u.Fleet.Scale(c)
	share := m.Var(milp.At(u.Name(), shareOf), 0, 1)
	u.terms = u.Unit.Model(m, share.Times(u.many), c)
	return u.terms
}

// overlaps reports whether n DERs with a common schedule break that rule at a
// solution.
func (u *class) overlaps(values []float64, n int) bool {
	if _, ok := der.As[der.Overlapper](u.Unit); !ok || n == 0 {
		return false
	}
	all := der.Fleet{Unit: u.Unit, Count: n}
	for _, p := range der.Realise(u.terms, values) {
		for t := range p.Injected {
			if all.Overlaps(&p, t) {
				return true
			}
		}
	}
	return false
}

// coalition is the program of one VPP in which the shares of all classes are
// columns. Its data are copied into the joint program, and solved alone for
// values and answers.
type coalition struct {
	model   *milp.Model
	classes []*class
	data    milp.Data
	share   []int  // column of each class
	owner   []int  // class of each column, −1 for columns of the VPP
	rows    []int  // class of each row, −1 for rows of the VPP
	whole   []bool // per class: it has integers
}

// coalition formulates the program of VPP v with many DERs of each class at the
// share 1.
func (p Problem) coalition(v int, many func(k int) float64) (*coalition, error) {
	var (
		classes = make([]*class, len(p.Fleets))
		members = make([]der.DER, len(p.Fleets))
		number  = map[string]int{}
	)
	for k, f := range p.Fleets {
		classes[k] = &class{Fleet: f, many: many(k)}
		members[k], number[f.Name()] = classes[k], k
	}
	program, err := vpp.Problem{VPP: p.VPPs[v], Members: members, Setting: p.Setting}.Formulate()
	if err != nil {
		return nil, err
	}
	bad := faults.List{Prefix: fmt.Sprintf("fleet: VPP %q: ", p.VPPs[v].Name)}
	if program.Quadratic() {
		bad.Addf("a member or a market has a quadratic cost, want piecewise-linear costs, such as der.Thermal.Pieces")
	}
	m := program.Model
	// The costs of ties would be a part of each payoff, and of a bound as often
	// as there are DERs.
	m.Maximize(program.Objective())
	x := &coalition{model: m, classes: classes, data: m.Data(), share: make([]int, len(classes)), whole: make([]bool, len(classes))}
	of := func(n milp.Name) int {
		if k, ok := number[n.Owner]; ok {
			return k
		}
		return -1
	}
	for j := range m.Vars() {
		n := m.VarAt(j).Name()
		k := of(n)
		x.owner = append(x.owner, k)
		if k >= 0 && n.Quantity == shareOf {
			x.share[k] = j
		}
		if k >= 0 && x.data.Integer[j] {
			x.whole[k] = true
		}
	}
	for i := range m.Rows() {
		k := of(m.RowAt(i).Name())
		x.rows = append(x.rows, k)
		for e := x.data.RowStart[i]; e < x.data.RowStart[i+1] && k >= 0; e++ {
			// A row of a class that reads other columns would not scale with
			// the number of its DERs.
			if j := x.data.Column[e]; x.owner[j] != k {
				bad.Addf("row %v of class %q has the column %v, want columns of the class only", m.RowAt(i).Name(), p.Fleets[k].Name(), m.VarAt(int(j)).Name())
				break
			}
		}
	}
	for _, c := range classes {
		bad.Require(c.scale != der.ScaleNone,
			"class %q: the program of a %T holds for one DER only; give a kind without integers, or one whose der.Scaler returns exact or outer", c.Name(), c.Unit)
	}
	return x, bad.Err()
}

// coalitions formulates the programs of all VPPs.
func (p Problem) coalitions(many func(k int) float64) ([]*coalition, error) {
	out := make([]*coalition, len(p.VPPs))
	bad := faults.List{}
	for v := range out {
		x, err := p.coalition(v, many)
		out[v] = x
		bad.Add(err)
	}
	return out, bad.Err()
}

// count returns N_k.
func (p Problem) count(k int) float64 { return float64(p.Fleets[k].Count) }

// room returns the number of DERs at the share 1, 2 N_k. With N_k the bounds of
// the columns of a class would bind together with its share if all its DERs are
// in one VPP, and take a part of the payoff into their duals.
func (p Problem) room(k int) float64 { return 2 * p.count(k) }
