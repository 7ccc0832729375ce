package contracts

import (
	"github.com/trigrid/trigrid/ledger"
)

// Coordination returns the contracts of the three-level loop: weights, schemes,
// choices, settlement, quotas, and classes of DERs.
func Coordination() []ledger.Contract {
	return []ledger.Contract{WeightsContract(), SchemeContract(), ChoiceContract(), SettlementContract(), QuotaContract(), ClassContract()}
}
