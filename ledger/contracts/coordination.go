package contracts

import (
	"github.com/trigrid/trigrid/ledger"
)

// Coordination is the set of contracts of the three-level loop between grid, VPPs and DERs: weights, schemes, choices,
// settlement, and quotas with reviewed trades.
func Coordination() []ledger.Contract {
	return []ledger.Contract{WeightsContract(), SchemeContract(), ChoiceContract(), SettlementContract(), QuotaContract()}
}
