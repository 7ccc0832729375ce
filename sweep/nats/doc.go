// Package nats is a farm on a network: a coordinator sends the programs of runs
// to workers through NATS JetStream.
//
//	c, err := nats.Start(ctx, nats.Options{Listen: "0.0.0.0:4222"})
//	defer c.Close()
//	table, err := sweep.Run(ctx, cases, sweep.Options{Farm: c.Farm, Log: log})
//
// The coordinator embeds the server, in this process by default, with a port
// for a cluster if Listen is set, or uses an existing server by its URL.
// Workers are the command trigrid-worker, or any program that calls [Work]. A
// worker reads the source of a study from the coordinator, computes the digest
// itself, and refuses if it differs, so that another build or solver is found
// out.
//
//	Evaluate ─▶ group ─▶ stream of jobs ─▶ worker ─▶ stream of answers ─▶ first answer wins
//
// The stream delivers a group of jobs again if its worker neither answers nor
// reports progress in time. Results therefore do not rest on delivery counts:
// the first answer of a job counts, later ones are counted and dropped. Small
// jobs are sent in groups of about [Options.Work] of work. Memory is bounded by
// [Options.Width] jobs in flight.
//
// Messages are kept in the memory of the server. A coordinator that dies
// continues from its journal, see [farm.Log]: its workers connect again to the
// address of the new one.
package nats
