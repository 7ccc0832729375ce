package der

import "github.com/trigrid/trigrid/optional"

// Rated is a DER that states its rated supply, for capacity factors, full-load
// hours and the supply margin of a region.
type Rated interface {
	DER

	// Rating returns the highest supply at a port, MW. Absent: no limit, or no
	// supply at this port.
	Rating(port Carrier) optional.Float
}

// rating returns a limit at one port, and none at the others.
func rating(port, own Carrier, limit optional.Float) optional.Float {
	if port != own {
		return optional.Float{}
	}
	return limit
}

// Rating implements [Rated].
func (u *Wind) Rating(port Carrier) optional.Float { return rating(port, Electricity, u.Capacity) }

// Rating implements [Rated].
func (u *PV) Rating(port Carrier) optional.Float { return rating(port, Electricity, u.Capacity) }

// Rating implements [Rated]: the discharging power.
func (u *Storage) Rating(port Carrier) optional.Float {
	return rating(port, u.Port, optional.Of(u.Discharge))
}

// Rating implements [Rated].
func (u *Thermal) Rating(port Carrier) optional.Float {
	return rating(port, Electricity, optional.Of(u.MaxOutput))
}

// Rating implements [Rated]: the output without capture.
func (u *CarbonCapture) Rating(port Carrier) optional.Float { return u.Unit.Rating(port) }

// Rating implements [Rated].
func (u *CHP) Rating(port Carrier) optional.Float {
	if port == Heat {
		return u.MaxHeat
	}
	return rating(port, Electricity, optional.Of(u.Power.Max))
}

// Rating implements [Rated]: the largest output of an operating point.
func (u *ExtractionCHP) Rating(port Carrier) optional.Float {
	power, heat := 0.0, 0.0
	for _, point := range u.Points {
		power, heat = max(power, point.Power), max(heat, point.Heat)
	}
	if port == Heat {
		return optional.Of(heat)
	}
	return rating(port, Electricity, optional.Of(power))
}

// Rating implements [Rated].
func (u *GasBoiler) Rating(port Carrier) optional.Float {
	return rating(port, Heat, optional.Of(u.Heat.Max))
}

// Rating implements [Rated].
func (u *ElectricBoiler) Rating(port Carrier) optional.Float {
	return rating(port, Heat, optional.Of(u.Efficiency*u.Power.Max))
}

// Rating implements [Rated].
func (u *PowerToGas) Rating(port Carrier) optional.Float {
	return rating(port, Gas, optional.Of(u.Efficiency*u.Power.Max))
}

// Rating implements [Rated].
func (u *GasSupply) Rating(port Carrier) optional.Float { return rating(port, Gas, optional.Of(u.Max)) }

var _ = []Rated{
	(*Wind)(nil), (*PV)(nil), (*Storage)(nil), (*Thermal)(nil), (*CarbonCapture)(nil), (*CHP)(nil), (*ExtractionCHP)(nil),
	(*GasBoiler)(nil), (*ElectricBoiler)(nil), (*PowerToGas)(nil), (*GasSupply)(nil),
}
