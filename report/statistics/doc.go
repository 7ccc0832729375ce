// Package statistics summarises the result of a run: energy and use of each DER
// by carrier, its money by item, and the payments between the parties.
//
//	for _, d := range statistics.DERs(region, result) {
//		for _, p := range d.Ports {
//			fmt.Println(d.Name, p.Carrier, p.Supplied, p.CapacityFactor)
//		}
//	}
//	for _, p := range statistics.Payments(region, result) {
//		fmt.Println(p.From, "pays", p.To, p.Amount, "for", p.For)
//	}
//
// # Units and signs
//
// All numbers are expectations over the scenarios and sums over the horizon:
// MWh, hours, currency, t CO2. Money that the DER receives is positive. The
// functions need the plans of a result, which its JSON leaves out.
package statistics
