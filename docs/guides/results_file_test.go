package guides_test

import (
	"context"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/results"
)

// written runs a region and writes its numbers to a file, .parquet or .csv.
func written(ctx context.Context, file string, region trigrid.Region, options trigrid.Options) error {
	result, err := trigrid.Run(ctx, region, options)
	if err != nil {
		return err
	}
	return results.WriteFile(file, region, result)
}

// checked reads a run, checks its plans against the data of the region, and
// returns its DERs.
func checked(file string, region trigrid.Region) ([]results.DERStatistics, error) {
	result, err := results.ReadFile(file, region)
	if err != nil {
		return nil, err
	}
	for _, plan := range result.Plans {
		if plan == nil { // the VPP never runs
			continue
		}
		if err := plan.Verify(0); err != nil {
			return nil, err
		}
	}
	return results.Statistics(region, result)
}
