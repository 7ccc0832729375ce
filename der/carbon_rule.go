package der

import "github.com/trigrid/trigrid/internal/faults"

// CarbonRule says where the carbon of gas and of captured CO2 is counted, so that each tonne counts once.
// Over a horizon both give a plant the same emissions; they differ in the unit and the step that has them.
// All units of a plant follow one rule: see [OneCarbonRule].
type CarbonRule int

const (
	// CountAtStack credits CO2 where it is captured and charges all gas where it is burnt, gas made from
	// captured CO2 included. The default.
	CountAtStack CarbonRule = iota

	// CountAtPurchase credits CO2 where it is stored for good and charges gas where it is bought:
	// [GasSupply] has the emission factor of the gas, units that burn it have none.
	CountAtPurchase
)

// OneCarbonRule reports every unit that follows another rule than the rest of its plant, all at once. Mixed
// rules count CO2 that becomes gas twice or not at all. Units of other kinds are not looked at.
func OneCarbonRule(units ...DER) error {
	var atStack, atPurchase, bought, burnt string // the first unit that credits or charges carbon there
	note := func(first *string, name string, yes bool) {
		if yes && *first == "" {
			*first = name
		}
	}
	follows := func(name string, rule CarbonRule) {
		note(&atStack, name, rule == CountAtStack)
		note(&atPurchase, name, rule == CountAtPurchase)
	}
	for _, unit := range units {
		switch u := unit.(type) {
		case *CarbonCapture:
			follows(u.Name(), u.Carbon)
		case *Sequestration:
			follows(u.Name(), u.Carbon)
		case *GasSupply:
			note(&bought, u.Name(), u.EmissionFactor > 0)
		case *CHP:
			note(&burnt, u.Name(), u.EmissionFactor > 0)
		case *ExtractionCHP:
			note(&burnt, u.Name(), u.EmissionFactor > 0)
		case *GasBoiler:
			note(&burnt, u.Name(), u.EmissionFactor > 0)
		case *Load:
			note(&burnt, u.Name(), u.Port == Gas && u.EmissionFactor > 0)
		}
	}
	v := faults.List{Prefix: "der: "}
	clash := func(a, b, format string) {
		if a != "" && b != "" {
			v.Addf(format, a, b)
		}
	}
	clash(atStack, atPurchase, "%q follows CountAtStack and %q CountAtPurchase, want one rule for both")
	clash(bought, burnt, "%q charges gas where it is bought and %q where it is burnt, want an EmissionFactor in one of them")
	clash(atStack, bought, "%q credits CO2 at the stack, and gas made from it is free of carbon because %q charges bought gas only; want CountAtPurchase or burners with an EmissionFactor")
	clash(atPurchase, burnt, "%q credits CO2 that is stored only, and %q is charged for gas made from the rest; want CountAtStack or a GasSupply with an EmissionFactor")
	return v.Err()
}

func checkCarbonRule(v *faults.List, x CarbonRule) {
	if x < CountAtStack || x > CountAtPurchase {
		v.Addf("Carbon is %d, want CountAtStack or CountAtPurchase", int(x))
	}
}
