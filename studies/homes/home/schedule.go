package home

// Schedule is a plan: the flows of every step, in Wh, all at least 0. Import
// and Export are the flows within the limits. With a demand charge, Import has
// all import and ImportAbove is 0.
type Schedule struct {
	Import, ImportAbove []float64 // n, n'
	Export, ExportLost  []float64 // e, e'
	Batteries           []BatterySchedule
}

// BatterySchedule is the plan of one battery.
type BatterySchedule struct {
	Charge, Discharge []float64 // at the meter, Wh per step
	State             []float64 // state of charge at the end of each step, Wh
}

// newSchedule returns a schedule of zeros.
func newSchedule(steps, batteries int) *Schedule {
	zeros := func() []float64 { return make([]float64, steps) }
	s := &Schedule{Import: zeros(), ImportAbove: zeros(), Export: zeros(), ExportLost: zeros()}
	for range batteries {
		s.Batteries = append(s.Batteries, BatterySchedule{Charge: zeros(), Discharge: zeros(), State: zeros()})
	}
	return s
}

// Idle returns the schedule in which no battery charges or discharges, such as
// the bill without an energy manager. Every request has it, because all limits
// that it can miss are soft.
func Idle(r Request) *Schedule {
	s := newSchedule(r.Steps(), len(r.Batteries))
	for i, b := range r.Batteries {
		for t := range r.Steps() {
			s.Batteries[i].State[t] = b.Initial
		}
	}
	for t := range r.Steps() {
		need := r.Load[t] - r.Solar[t]
		s.Import[t], s.ImportAbove[t] = max(need, 0), 0
		s.Export[t], s.ExportLost[t] = max(-need, 0), 0
		if limit, ok := r.softImport(t); ok && need > limit {
			s.Import[t], s.ImportAbove[t] = limit, need-limit
		}
		if limit, ok := r.maxExport(t); ok && -need > limit {
			s.Export[t], s.ExportLost[t] = limit, -need-limit
		}
	}
	return s
}

// softImport returns the energy above which import of a step is penalised, and
// false if there is no such limit. A demand charge replaces the penalty.
func (r Request) softImport(t int) (float64, bool) {
	limit, ok := r.MaxImport.Get()
	return limit * r.hours(t), ok && !r.DemandRate.Given()
}

// maxExport returns the energy that a step can export, and false without a
// limit.
func (r Request) maxExport(t int) (float64, bool) {
	limit, ok := r.MaxExport.Get()
	return limit * r.hours(t), ok
}
