package results

import (
	"encoding/hex"
	"fmt"

	"github.com/trigrid/trigrid"
	dataprint "github.com/trigrid/trigrid/internal/fingerprint"
)

// fingerprint is the digest of one part of a region's data, such as those of
// one DER.
type fingerprint struct {
	Part   string `json:"part"`   // in words, such as `DER "W1"`
	Digest string `json:"sha256"` // of the data, the first 16 bytes, hexadecimal
}

// fingerprints returns the digests of the data of a region. Series and
// probabilities of the scenarios are not among them, because a table has their
// numbers.
//
// For example, a store whose wear cost changes from 2 to 3 per MWh has another
// digest, also if it stands still in every plan.
func fingerprints(r trigrid.Region) []fingerprint {
	var out []fingerprint
	add := func(part string, data ...any) {
		sum := dataprint.Of(data...)
		out = append(out, fingerprint{part, hex.EncodeToString(sum[:16])})
	}
	for _, v := range r.VPPs {
		add(fmt.Sprintf("VPP %q", v.Name), v)
	}
	for _, d := range r.DERs {
		add(fmt.Sprintf("DER %q", d.Name()), d)
	}
	s := r.Setting
	// The parts are those of a case, so that an error names the part that
	// differs.
	add("the weights, the risk measure or the modelling options", s.Weights, s.Risk, s.Modelling)
	add("the markets", s.Markets)
	add("the sharing rule", r.Sharing)
	add("the outside payoffs", r.Outside)
	add("the sample of the scenarios", r.Sample)
	return out
}
