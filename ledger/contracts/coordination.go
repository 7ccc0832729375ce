package contracts

import (
	"github.com/trigrid/trigrid/ledger"
)

// Coordination returns the contracts of the three-level loop: weights, schemes, choices,
// settlement, and quotas.
func Coordination() []ledger.Contract {
	return []ledger.Contract{WeightsContract(), SchemeContract(), ChoiceContract(), SettlementContract(), QuotaContract()}
}
