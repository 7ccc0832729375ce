package der

import "github.com/trigrid/trigrid/internal/faults"

// CarbonRule is the place at which the carbon of gas and of captured CO2
// counts, so that each tonne counts once. Over a horizon both rules give a VPP
// the same emissions. They differ in the DER and in the step that has them. All
// members of a VPP follow one rule; [OneCarbonRule] checks this.
//
// For example, 1 t captured at a turbine becomes methane that a boiler burns.
// CountAtStack has −1 t at the turbine and +1 t at the boiler. CountAtPurchase
// has 0 t at both.
type CarbonRule int

const (
	// CountAtStack credits CO2 at the unit that captures it, and charges all
	// gas at the unit that burns it, gas made from captured CO2 included. This
	// is the default.
	CountAtStack CarbonRule = iota

	// CountAtPurchase credits CO2 that is stored for good, and charges gas at
	// its purchase: [GasSupply] has the emission factor of the gas, and units
	// that burn it have optional.Of(0).
	CountAtPurchase
)

// CarbonCount lists the places at which a DER counts carbon.
type CarbonCount struct {
	Credits bool       // it captures or stores CO2, under Rule
	Rule    CarbonRule // used if Credits is true

	ChargesPurchase bool // it charges gas at its purchase
	ChargesBurning  bool // it charges the gas that it burns
	BurnsFree       bool // it burns gas and charges none
}

// OneCarbonRule reports all members that follow another rule than the rest of
// their VPP. Mixed rules count CO2 that becomes gas twice or not at all. It
// ignores members that are no [CarbonCounter].
func OneCarbonRule(members ...DER) error {
	members = allParts(members)
	var atStack, atPurchase, bought, burnt string // the first member that counts carbon there
	note := func(first *string, name string, counts bool) {
		if counts && *first == "" {
			*first = name
		}
	}
	for _, member := range members {
		counter, ok := member.(CarbonCounter)
		if !ok {
			continue
		}
		x := counter.CountsCarbon()
		note(&atStack, member.Name(), x.Credits && x.Rule == CountAtStack)
		note(&atPurchase, member.Name(), x.Credits && x.Rule == CountAtPurchase)
		note(&bought, member.Name(), x.ChargesPurchase)
		note(&burnt, member.Name(), x.ChargesBurning)
	}
	v := faults.List{Prefix: "der: "}
	clash := func(a, b, format string) {
		if a != "" && b != "" {
			v.Addf(format, a, b)
		}
	}
	clash(atStack, atPurchase, "%q follows CountAtStack and %q CountAtPurchase, want one rule for both")
	clash(bought, burnt, "%q charges gas where it is bought and %q where it is burnt, "+
		"want an EmissionFactor in one of them")
	clash(atStack, bought, "%q credits CO2 at the stack, and gas made from it is free of carbon "+
		"because %q charges bought gas only; want CountAtPurchase or burners with an EmissionFactor")
	clash(atPurchase, burnt, "%q credits CO2 that is stored only, and %q is charged for gas made from the rest; "+
		"want CountAtStack or a GasSupply with an EmissionFactor")
	return v.Err()
}

// FreeBurners returns the names of the members that burn gas whose carbon no
// member charges, at its purchase or at the burner, in the order of the
// members. Beside a carbon market they look cheaper than they are. For example,
// a [GasBoiler] with EmissionFactor 0 is one, unless a [GasSupply] of the
// members has an EmissionFactor.
func FreeBurners(members ...DER) []string {
	var free []string
	for _, member := range allParts(members) {
		if counter, ok := member.(CarbonCounter); ok {
			switch x := counter.CountsCarbon(); {
			case x.ChargesPurchase:
				return nil
			case x.BurnsFree:
				free = append(free, member.Name())
			}
		}
	}
	return free
}

// allParts returns the members with the parts of sites in the place of these.
func allParts(members []DER) []DER {
	var out []DER
	for _, member := range members {
		out = append(out, PartsOf(member)...)
	}
	return out
}

// burning is the count of a unit that burns gas with the given emission factor,
// t CO2 per MWh.
func burning(emissionFactor float64) CarbonCount {
	return CarbonCount{ChargesBurning: emissionFactor > 0, BurnsFree: emissionFactor == 0}
}

func checkCarbonRule(v *faults.List, x CarbonRule) {
	v.Require(x >= CountAtStack && x <= CountAtPurchase,
		"Carbon is %d, want CountAtStack or CountAtPurchase", int(x))
}
