package results

import (
	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/fleet"
)

// kindClass has numbers of the classes of a region of fleets.
const kindClass = "class"

// derNames returns the names of the DERs of a result, of a region of fleets
// those of its classes.
func derNames(res *trigrid.Result) []string {
	var out []string
	if res.Fleet != nil {
		for _, c := range res.Fleet.Classes {
			out = append(out, c.Name)
		}
		return out
	}
	for _, d := range res.DERs {
		out = append(out, d.Name)
	}
	return out
}

// addFleet adds the classes: per class, and per class and VPP. There is no row
// per DER.
//
//	ders               number of DERs; without a VPP of the whole class
//	outside            DERs outside of all VPPs
//	payoff, regret     of one DER, currency
//	reach              payoff that one DER of the class can reach in the VPP, currency
//	paid               to all DERs of the class in the VPP, currency
func (t *Table) addFleet(s *fleet.Summary) {
	for v, prices := range s.Prices {
		t.path(s.VPPs[v], "", kindPrice, "electricity_expected", perMWh, null, prices)
	}
	for _, c := range s.Classes {
		t.number("", c.Name, kindClass, "ders", "", null, float64(c.Count))
		t.number("", c.Name, kindClass, "outside", "", null, float64(c.Outside))
		t.number("", c.Name, kindClass, "payoff", currency, null, c.Payoff)
		if s.Certified {
			t.number("", c.Name, kindClass, "regret", currency, null, c.Regret)
		}
		for v, name := range s.VPPs {
			t.number(name, c.Name, kindClass, "ders", "", null, float64(c.Members[v]))
			t.number(name, c.Name, kindClass, "paid", currency, null, float64(c.Paid[v])/100)
			if c.Reach != nil {
				t.number(name, c.Name, kindClass, "reach", currency, null, c.Reach[v])
			}
		}
	}
}
