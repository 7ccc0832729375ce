// Package client is a participant's access to a ledger.
//
//   - [Party] has a participant's private keys.
//   - [Client] signs and numbers messages, waits for receipts, and reads the
//     state at a [ReadLevel].
//   - [Network] has the parties and clients of all participants in one process,
//     with one method per arrow between grid, VPPs and DERs. It is for
//     simulations and tests.
//
// A participant with its own process connects to an engine and sends messages:
//
//	party, err := client.NewParty(nil, "battery", ledger.RoleDER)
//	c, err := client.Connect(ctx, engine, party)
//	receipt, err := c.Send(ctx, &contracts.CommitChoice{Period: 1, Round: 1, Commitment: commitment})
//
// A message that its contract refuses is an error that wraps a
// *[ledger.Refusal]; errors.Is(err, &ledger.Refusal{Code: "choice.late"}) tests
// for one code.
//
// A whole period of the three-level loop is:
//
//	n, err := client.NewNetwork(ctx, client.NetworkConfig{Members: members})
//	err = n.PublishWeights(ctx, 1, [3]float64{0.4, 0.2, 0.4})
//	err = n.SubmitScheme(ctx, 1, "north", scheme)
//	decisions, err := n.Decide(ctx, 1, nil)
//	round, err := n.Choose(ctx, 1, map[string]string{"battery": "north"})
//	err = n.Settle(ctx, 1, payments)
package client
