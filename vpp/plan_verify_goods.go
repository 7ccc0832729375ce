package vpp

import (
	"github.com/trigrid/trigrid/vpp/audit"
)

// goodItems are the items of payments for goods.
var goodItems = [...]string{"heat exchange", "gas exchange", "CO2 exchange"}

// priceShape checks that the prices of goods are absent, or one per scenario
// and step.
func (x *verification) priceShape() {
	for k, prices := range [...][][]float64{x.Heat.Prices, x.Gas.Prices, x.CO2.Prices} {
		if prices == nil {
			continue
		}
		rule := "prices of " + goodItems[k]
		x.at(audit.All, audit.All).Equal(rule+" are one path per scenario", float64(len(prices)), float64(x.Setting.Set.Len()))
		for s := range prices {
			x.at(s, audit.All).Equal(rule+" are one number per step", float64(len(prices[s])), float64(x.Setting.Set.Steps()))
		}
	}
}

// items checks the items of a member's payment: their sum, and each good
// against its schedule.
func (x *verification) items(m *Member) {
	var (
		spot  = x.inspection.At(m.DER.Name(), audit.All, audit.All)
		total float64
		found = make(map[string]float64)
		want  = make(map[string]float64)
	)
	for _, item := range m.Items {
		total += item.Amount
		found[item.What] += item.Amount
	}
	for s := range m.Schedule.Realised {
		for what, amount := range audit.Goods(m.Schedule, x.context, s) {
			want[what] += x.Setting.Set.Probability(s) * amount
		}
	}
	for _, what := range goodItems {
		spot.Equal("payment for "+what, found[what], want[what])
	}
	spot.Equal("sum of the items of the payment", total, m.Payment)
}

// exchanged checks in scenario s that the payments of the members for each good
// sum to zero. The tolerance is relative to the amount that the receiving
// members have.
func (x *verification) exchanged(s int) {
	for _, what := range goodItems {
		received, paid := 0.0, 0.0
		for i := range x.Members {
			if amount := audit.Goods(x.Members[i].Schedule, x.context, s)[what]; amount > 0 {
				received += amount
			} else {
				paid -= amount
			}
		}
		x.at(s, audit.All).Equal("payments for "+what+" sum to zero: received and paid", received, paid)
	}
}
