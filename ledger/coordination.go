package ledger

// Coordination is the set of contracts of the three-level loop between grid, VPPs and DERs: weights, schemes, choices,
// settlement, and quotas with reviewed trades.
func Coordination() []Contract {
	return []Contract{WeightsContract(), SchemeContract(), ChoiceContract(), SettlementContract(), QuotaContract()}
}
