// Package ledger is the record of messages between a power grid, its virtual
// power plants (VPPs) and their distributed energy resources (DERs). It defines
// blocks, the replicated state, proofs, and the kit for contracts.
//
// # Packages
//
//   - ledger: blocks, state, light clients, and the interfaces [Contract] and
//     [Engine].
//   - ledger/contracts: weights, sealed schemes, choices, settlement, quotas.
//   - ledger/engine: engines that order and execute transactions, with export
//     and replay.
//   - ledger/client: a participant's access, and a network of all participants
//     for simulations.
//   - ledger/relay: packets, transfers and trades between ledgers.
//   - ledger/ledgertest: the conformance suite of engines.
//
// # Writing a contract
//
// A contract is a set of typed messages and one function per message. Messages
// and records of the state implement [Coded]; [NewContract] checks the sender's
// role and decodes the message before it calls the function:
//
//	type Report struct {
//		Meter string
//		Wh    uint64
//	}
//
//	func (*Report) Kind() string { return "meter.report" }
//
//	func (m *Report) Layout(c *codec.Coder) {
//		c.String(&m.Meter, ledger.MaxName)
//		c.Uint64(&m.Wh)
//	}
//
//	func report(c *ledger.Context, m *Report) error {
//		var last ledger.Counter
//		c.Load(ledger.Key("meter", m.Meter), &last)
//		if m.Wh < last.N {
//			return ledger.Refuse("meter.backwards", "%d Wh after %d Wh", m.Wh, last.N)
//		}
//		c.Store(ledger.Key("meter", m.Meter), &ledger.Counter{N: m.Wh})
//		return nil
//	}
//
//	meter := ledger.NewContract("meter", ledger.Handle(report, ledger.RoleDER))
//
// Every replica executes every message and must reach the same state. A
// contract therefore uses no clock except [Context.Height], no random numbers,
// no floating point, and no map order.
//
// # Units and signs
//
// Power, energy, prices and weights are integers in millionths ([Micro]).
// Payments are integers in hundredths of the currency ([Money]); a positive
// payment is received. Time is the block height.
//
// # Proofs
//
// Each [Header] contains the roots of its transactions, receipts, state and
// outgoing packets. Validators certify the header after they have executed the
// block. A [FinalityVerifier] with the genesis verifies a header; a header and
// a [Path] or [StateProof] verify one entry.
package ledger
