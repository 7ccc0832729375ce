package der

import "github.com/trigrid/trigrid/internal/faults"

// Turbine turns wind speed into output.
//
//	P(w) = 0                                    w < w_in or w ≥ w_out
//	P(w) = P_r (w − w_in) / (w_r − w_in)        w_in ≤ w < w_r, PowerLinear
//	P(w) = P_r (w³ − w_in³) / (w_r³ − w_in³)    w_in ≤ w < w_r, PowerCubic
//	P(w) = P_r                                  w_r ≤ w < w_out
//
// The cubic form follows the energy in the wind and lies below the linear one, which is the usual
// approximation of manufacturers' curves. Source of the linear form: Shui et al., Journal of System
// Simulation, doi 10.16182/j.issn1004731x.joss.23-0840; the cubic one is the textbook's.
type Turbine struct {
	Capacity float64    // P_r > 0, MW
	CutIn    float64    // w_in ≥ 0, m/s
	Rated    float64    // w_r > w_in, m/s
	CutOut   float64    // w_out ≥ w_r, m/s
	Curve    PowerCurve // between CutIn and Rated; PowerLinear by default
}

// PowerCurve is the shape of a turbine's output below its rated wind speed.
type PowerCurve int

const (
	PowerLinear PowerCurve = iota // the default
	PowerCubic
)

// Power returns the output at a wind speed in m/s at hub height, MW.
func (x Turbine) Power(speed float64) float64 {
	switch {
	case speed < x.CutIn || speed >= x.CutOut:
		return 0
	case speed >= x.Rated:
		return x.Capacity
	case x.Curve == PowerCubic:
		return x.Capacity * (cube(speed) - cube(x.CutIn)) / (cube(x.Rated) - cube(x.CutIn))
	}
	return x.Capacity * (speed - x.CutIn) / (x.Rated - x.CutIn)
}

// Powers returns the output along a path of wind speeds in m/s, MW.
func (x Turbine) Powers(speeds []float64) []float64 {
	out := make([]float64, len(speeds))
	for t, w := range speeds {
		out[t] = x.Power(w)
	}
	return out
}

// Validate reports every reason why the curve cannot be used.
func (x Turbine) Validate() error {
	v := faults.List{Prefix: "der: turbine: "}
	v.Positive("Capacity", x.Capacity, "MW")
	v.AtLeast("CutIn", x.CutIn, 0, "m/s")
	if !(x.Rated > x.CutIn) {
		v.Addf("Rated is %v, want more than CutIn, %v m/s", x.Rated, x.CutIn)
	}
	if !(x.CutOut >= x.Rated) {
		v.Addf("CutOut is %v, want at least Rated, %v m/s", x.CutOut, x.Rated)
	}
	if x.Curve < PowerLinear || x.Curve > PowerCubic {
		v.Addf("Curve is %d, want PowerLinear or PowerCubic", x.Curve)
	}
	return v.Err()
}

func cube(x float64) float64 { return x * x * x }
