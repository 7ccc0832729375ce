package unitcommitment

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/trigrid/trigrid/der"
)

// WriteCSV writes what every unit does in one scenario of a solution: a header, then one line per unit
// and step, steps counted from 0, with whether it is on (1 or 0), its output and its upward reserve, MW.
// Powers are written as the solver left them, to the last digit.
func (p *Program) WriteCSV(w io.Writer, values []float64, scenario int) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"unit", "step", "on", "output_mw", "reserve_mw"}); err != nil {
		return err
	}
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	for i, u := range p.system.Units {
		ports := der.Realise(p.Terms[i][scenario:scenario+1], values)[0]
		running := ports.Trace("on")
		for t := range p.system.Set.Steps() {
			on, reserve := "1", 0.0
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
