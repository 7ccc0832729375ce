package report

import (
	"fmt"
	"strings"

	"github.com/trigrid/trigrid"
)

// refusalsTable returns the DERs that VPPs do not admit beside their members:
//
//	vpp, der, against    who refuses which DER beside which members
//	loss                 value of the VPP without the DER less that with it, currency
//	payoff               of the DER if it were admitted, currency; empty if the coalition cannot run
//	wanted               whether the DER would gain by joining
func (x *run) refusalsTable() *Table {
	t := &Table{Name: "refusals", Title: "DERs that VPPs do not admit"}
	t.Columns = []Column{
		{Name: "vpp", Title: "VPP"},
		{Name: "der", Title: "DER"},
		{Name: "against", Title: "beside"},
		{Name: "loss", Title: "loss of the VPP, currency", Decimals: 2},
		{Name: "payoff", Title: "payoff if admitted, currency", Decimals: 2},
		{Name: "wanted", Title: "DER gains by joining"},
	}
	for _, r := range x.result.Refusals {
		var payoff any
		if r.Payoff != nil {
			payoff = *r.Payoff
		}
		t.add(r.VPP, r.DER, strings.Join(r.Against, ", "), r.Loss, payoff, r.Wanted)
	}
	return t
}

// refused describes the refusals in one sentence, "" if VPPs admit each DER:
//
//	VPPs admit by objective; Hill refuses Kiln at a loss of 40.00, against the choice of the DER.
func refused(res *trigrid.Result) string {
	if res.Admission == "" {
		return ""
	}
	var parts []string
	others := 0
	for _, r := range res.Refusals {
		if !r.Wanted {
			others++
			continue
		}
		parts = append(parts, fmt.Sprintf("%s refuses %s at a loss of %s, against the choice of the DER", r.VPP, r.DER, number(r.Loss, 2)))
	}
	if parts == nil {
		parts = []string{"no VPP refuses a DER that would gain by joining"}
	}
	if others > 0 {
		parts = append(parts, count(others, "more refusal")+" of DERs that would not join anyway")
	}
	return fmt.Sprintf("VPPs admit by %s; %s.", res.Admission, strings.Join(parts, "; "))
}
