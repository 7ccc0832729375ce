package home

import "github.com/trigrid/trigrid/milp"

// preference is an objective to maximise. The function states it in columns of
// a program, to which it may add columns. Its optimum is found within gap, and
// later ones may lose as much again.
type preference struct {
	name      string
	objective func(*program) milp.Expr
	gap       float64
}

// preferences returns money minus penalties, and then the preferences of a
// request in the order of [Request]. The last one, energy stored early, is not
// among them.
//
// Each is one more solve, with the values of the earlier ones as rows:
//
//	max f_k   subject to   f_j ≥ f_j* − gap_j   for j < k
func preferences(r Request) []preference {
	out := []preference{{"money", (*program).value, moneyGap / unit(r.base())}}
	add := func(name string, asked bool, objective func(*program) milp.Expr) {
		if asked {
			out = append(out, preference{name, objective, flowGap})
		}
	}
	want, favoured := r.Preferences, false
	for _, b := range r.Batteries {
		favoured = favoured || b.Priority > 0
	}
	add("peaks", want.LowImportPeak || want.LowExportPeak, (*program).lowPeaks)
	add("late_flows", want.LateExport || want.LateImport, (*program).lateFlows)
	add("priority", favoured, (*program).favoured)
	return out
}

// lowPeaks returns minus the peaks that the request names, W.
func (p *program) lowPeaks() milp.Expr {
	var peaks milp.Expr
	if p.r.Preferences.LowImportPeak {
		peaks.Add(p.peak("import_peak", p.imports, p.importsAbove))
	}
	if p.r.Preferences.LowExportPeak {
		peaks.Add(p.peak("export_peak", p.exports))
	}
	return peaks.Times(-1)
}

// peak returns the highest power of the sum of flows, W.
//
// For example, 500 Wh in a first step of 10 minutes are a power of 3000 W.
func (p *program) peak(name string, flows ...[]milp.Expr) milp.Expr {
	powers := []milp.Expr{milp.Const(0)}
	for t := range p.r.Steps() {
		var sum milp.Expr
		for _, f := range flows {
			sum.Add(f[t])
		}
		powers = append(powers, sum.Times(1/p.r.hours(t)))
	}
	return p.m.Ceiling(milp.Named(name), powers...)
}

// early returns the weight of step t, (T−t)/T.
//
// For example, 1, 2/3 and 1/3 in three steps.
func (r Request) early(t int) float64 { return float64(r.Steps()-t) / float64(r.Steps()) }

// lateFlows returns minus the weighted export and import that the request wants
// late, Wh.
func (p *program) lateFlows() milp.Expr {
	var sum milp.Expr
	for t := range p.r.Steps() {
		if p.r.Preferences.LateExport {
			sum.Add(p.exports[t].Times(-p.r.early(t)), p.exportsLost[t].Times(-p.r.early(t)))
		}
		if p.r.Preferences.LateImport {
			sum.Add(p.imports[t].Times(-p.r.early(t)), p.importsAbove[t].Times(-p.r.early(t)))
		}
	}
	return sum
}

// favoured returns the weighted flows of batteries with a priority, Wh. The
// largest priority counts as 1.
//
// For example, priorities 2 and 4 have the weights 0.5 and 1 in step 0.
func (p *program) favoured() milp.Expr {
	var sum milp.Expr
	largest := 0.0
	for _, b := range p.r.Batteries {
		largest = max(largest, b.Priority)
	}
	for i, b := range p.r.Batteries {
		for t := range p.r.Steps() {
			k := b.Priority / largest * p.r.early(t)
			sum.Add(p.batteries[i].charge[t].Times(k), p.batteries[i].discharge[t].Times(k))
		}
	}
	return sum
}

// stored returns Σ_t Σ_b s, Wh.
func (p *program) stored() milp.Expr {
	var sum milp.Expr
	for _, c := range p.batteries {
		sum.Add(c.state...)
	}
	return sum
}
