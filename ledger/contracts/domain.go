package contracts

// Domains of the hashes and sealed messages of the contracts. See
// [ledger.HashOf].
const (
	domainScheme     = "vpp/scheme/v1"
	domainCommitment = "vpp/scheme/commit/v1"
	domainTotals     = "vpp/scheme/totals/v1"
	domainDelivery   = "vpp/delivery/v1"
	domainChoice     = "vpp/commit/v1"
	domainSettlement = "vpp/settlement/v1"
	domainPseudonym  = "vpp/pseudonym/v1"
	domainEscrow     = "vpp/escrow/v1"
	domainMember     = "vpp/class/member/v1"
	domainSplit      = "vpp/class/split/v1"
	domainSeed       = "vpp/class/seed/v1"
	domainDraw       = "vpp/class/draw/v1"
	domainPaid       = "vpp/class/payment/v1"
	domainSum        = "vpp/class/sum/v1"
)
