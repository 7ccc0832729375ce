package trigrid

import (
	"slices"
	"strings"

	"github.com/trigrid/trigrid/vpp"
)

// Warnings returns warnings about valid data of the region, one sentence each, with the number and
// the fix: implausible magnitudes, such as a price in currency per kWh ([vpp.Implausible]), doubtful
// settings ([vpp.Setting.Warnings]), and ranges of coefficients in the program of each VPP with all
// DERs ([vpp.Program.Warnings]). It solves nothing. The data must be valid. [Result.Warnings] has
// the same sentences.
func (r Region) Warnings() []string {
	out := slices.Concat(vpp.Implausible(r.Setting, r.VPPs, r.DERs, r.Names), r.Setting.Warnings(r.VPPs...), r.Setting.DERWarnings(r.DERs...))
	for _, v := range r.VPPs {
		program, err := vpp.Problem{VPP: v, Members: r.DERs, Setting: r.Setting}.Formulate()
		if err != nil {
			continue // the run reports it
		}
		for _, warning := range program.Warnings() {
			// A number of a DER stands in the programs of all VPPs. The text before "and" names it; the
			// number that it is compared with can belong to the VPP.
			number, _, _ := strings.Cut(warning, " and ")
			if !slices.ContainsFunc(out, func(w string) bool { return strings.HasPrefix(w, number) }) {
				out = append(out, warning)
			}
		}
	}
	return out
}
