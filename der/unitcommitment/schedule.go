package unitcommitment

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/trigrid/trigrid/der"
)

// WriteCSV writes the schedule of every unit in one scenario of a solution: a
// header, then one line per unit and step. Steps count from 0, on is 1 or 0,
// output and upward reserve are in MW. Powers have the full precision of the
// solver.
//
//	unit,step,on,output_mw,reserve_mw
//	base,0,1,100,20
func (p *Program) WriteCSV(w io.Writer, values []float64, scenario int) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"unit", "step", "on", "output_mw", "reserve_mw"}); err != nil {
		return err
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	for i, u := range p.system.Units {
		// One scenario of the terms is enough.
		ports := der.Realise(p.Terms[i][scenario:scenario+1], values)[0]
		running := ports.Trace("on")
		for t := range p.system.Set.Steps() {
			on, reserve := "1", 0.0 // a band has no trace "on" and always counts as on
			if running != nil && running[t] <= 0.5 {
				on = "0"
			}
			if ports.Reserve != nil {
				reserve = ports.Reserve[t]
			}
			if err := out.Write([]string{u.Name(), strconv.Itoa(t), on, number(ports.Net(t)), number(reserve)}); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}
