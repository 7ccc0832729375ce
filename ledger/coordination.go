package ledger

// Coordination is the set of contracts of the three-level loop between grid, VPPs and DERs: weights, schemes, choices
// and settlement.
func Coordination() []Contract {
	return []Contract{weightsContract{}, schemeContract{}, choiceContract{}, settlementContract{}}
}
