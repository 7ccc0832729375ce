package examples_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/casefile"
	"github.com/trigrid/trigrid/examples"
)

func ExampleCases() {
	c, err := casefile.Load(examples.Cases(), "threelevel/case.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	region, err := c.Region(context.Background(), casefile.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(region.Name, len(region.VPPs), "VPPs", len(region.DERs), "DERs")
	// Output: threelevel 2 VPPs 5 DERs
}

// A program that runs in another folder reads every file that it needs from the
// binary.
func TestCasesNeedNoFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := casefile.Load(examples.Cases(), "threelevel/case.json")
	require.NoError(t, err)
	_, err = c.Region(t.Context(), casefile.Options{})
	require.NoError(t, err)
}
