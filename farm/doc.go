// Package farm evaluates the programs of a run elsewhere: on other processes
// and machines, or from a journal of earlier answers.
//
//	trigrid.Run(ctx, region, trigrid.Options{Farm: &farm.Journal{Log: log}})
//
// A run opens a [Study] on a [Farm] and receives a [Session]. The session
// answers each [Job], the program of one coalition, with plain numbers or with
// the failure of the program. The run plans again only the coalitions whose
// schedules it needs, and compares the plans with the answers.
//
//	Run ──Job──▶ Session ──▶ Worker on a goroutine, in another process, on another machine
//	    ◀─Answer─
//
// Answers do not depend on the number of workers, on their order, or on the
// farm: a [Digest] stands for the data, the revision of the model, the build of
// the solver and the architecture, and workers with another one refuse.
//
// [Goroutines] is the farm of this process. [Journal] keeps answers in a
// folder, so that a killed run continues, several machines share the work by
// files, and folders are merged by copying. Package sweep/nats has workers on a
// network. Package sweep/sweeptest holds a farm to this contract.
package farm
