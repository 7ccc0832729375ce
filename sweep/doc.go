// Package sweep plans one region many times under different inputs and compares
// the outcomes.
//
//	grid := weights.Segment(from, to, 4)
//	result, err := sweep.Weights(ctx, region, trigrid.Options{}, grid)
//	fmt.Println(result.Rows[result.Analysis.Compromise].Weights)
//
// [Weights] varies the grid's weights with a run for each vector, in which the
// DERs choose anew. [WeightsAt] holds the choice, so that a change of the
// weights is not mixed with a change of membership. Package report draws the
// result.
//
// Amounts are in currency over the horizon and expected over the scenarios,
// energies in MWh and emissions in t CO2.
package sweep
