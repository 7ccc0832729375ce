package operate

import (
	"math"

	"github.com/trigrid/trigrid/der"
)

// extractionPoints returns the operating points that a unit can reach in its
// next step: those whose power is within the ramps, and on each line between
// two points the ends of that range. Their convex combinations are the
// combinations of all points within the ramps. stops reports whether the unit
// may stand still instead.
func extractionPoints(u *der.ExtractionCHP, dt float64) (points []der.OperatingPoint, stops bool) {
	o := u.Power
	o.Min, o.Max = math.Inf(1), 0
	for _, p := range u.Points {
		o.Min, o.Max = min(o.Min, p.Power), max(o.Max, p.Power)
	}
	low, high, stops := span(o, dt)
	for _, p := range u.Points {
		if p.Power >= low-dust && p.Power <= high+dust {
			points = append(points, p)
		}
	}
	for i, a := range u.Points {
		for _, b := range u.Points[i+1:] {
			for _, power := range []float64{low, high} {
				if (a.Power-power)*(b.Power-power) < 0 {
					points = append(points, between(a, b, (power-a.Power)/(b.Power-a.Power)))
				}
			}
		}
	}
	return points, stops
}

// between returns the combination (1 − share) a + share b.
func between(a, b der.OperatingPoint, share float64) der.OperatingPoint {
	return der.OperatingPoint{
		Power: a.Power + share*(b.Power-a.Power),
		Heat:  a.Heat + share*(b.Heat-a.Heat),
		Gas:   a.Gas + share*(b.Gas-a.Gas),
	}
}

// heatRange returns the least and the largest heat of operating points, MW.
func heatRange(points []der.OperatingPoint) (low, high float64) {
	low = math.Inf(1)
	for _, p := range points {
		low, high = min(low, p.Heat), max(high, p.Heat)
	}
	return low, high
}

// leastGas returns the combination of operating points with the given heat that
// burns least gas. It lies on the line between two of them. Of equal ones it is
// the one with the most power.
//
// For example, 2.5 MW of heat between (P, H, G) = (5, 0, 14) and (4, 5, 14) are
// (4.5, 2.5, 14). A third point (2, 2, 7) gives (2.33, 2.5, 8.17) on its line
// to (4, 5, 14).
func leastGas(points []der.OperatingPoint, heat float64) der.OperatingPoint {
	best := der.OperatingPoint{Gas: math.Inf(1)}
	for i, a := range points {
		for _, b := range points[i:] {
			if heat < min(a.Heat, b.Heat)-dust || heat > max(a.Heat, b.Heat)+dust {
				continue
			}
			share := 0.0
			if a.Heat != b.Heat {
				share = min(max((heat-a.Heat)/(b.Heat-a.Heat), 0), 1)
			}
			for _, x := range []der.OperatingPoint{between(a, b, share), b} {
				// Of two points of equal heat, both have it.
				fits := math.Abs(x.Heat-heat) <= dust
				if fits && (x.Gas < best.Gas-dust || x.Gas <= best.Gas+dust && x.Power > best.Power) {
					best = x
				}
			}
		}
	}
	return best
}
