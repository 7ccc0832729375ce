package report

import (
	"strings"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/internal/faults"
)

// Options are the settings of [FilesWith] and [WriteWith]. The zero value shows
// one run. For example, two runs of one region with different weights:
//
//	err := report.WriteWith("out", region, result, report.Options{
//		Other: &report.Run{Name: "without risk", Result: other, Region: &region},
//	})
type Options struct {
	// Other is a second run, whose numbers stand beside those of the first with
	// the differences.
	Other *Run

	// Formats are those of the files of figures. Default nil: [SVG], [PNG] and
	// [PDF]. The page itself always has the figures; PNG takes most of the time
	// of a report.
	Formats []Format
}

// Format is the format of a file with a figure, and its extension.
type Format string

// The formats of figures.
const (
	SVG Format = "svg"
	PNG Format = "png"
	PDF Format = "pdf"
)

// Upper returns the format as a word of the page.
func (f Format) Upper() string { return strings.ToUpper(string(f)) }

// formats returns Formats or its default.
func (o Options) formats() []Format {
	if o.Formats == nil {
		return []Format{SVG, PNG, PDF}
	}
	return o.Formats
}

// Run is a run to compare with. For example, a result that was stored as JSON:
//
//	other := report.Run{Name: "without storage", Result: decoded}
type Run struct {
	Name   string // in titles. Default "": "other run"
	Result *trigrid.Result

	// Region is the region of the run. Without it, or without the plans that
	// JSON leaves out, the comparison has no energies and no deliveries.
	Region *trigrid.Region
}

// validate returns an error unless the other run can be compared. VPPs, DERs
// and grids may differ from those of the first run.
func (o Options) validate() error {
	bad := faults.List{Prefix: "report: "}
	for _, f := range o.Formats {
		bad.Require(f == SVG || f == PNG || f == PDF, "Formats has %q, want %q, %q or %q", f, SVG, PNG, PDF)
	}
	if o.Other == nil {
		return bad.Err()
	}
	switch res := o.Other.Result; {
	case res == nil:
		bad.Addf("other run: there is no result; set Result")
	case len(res.DERs) == 0 || len(res.VPPs) == 0:
		bad.Addf("other run: the result has %d DERs and %d VPPs, want at least one of each; pass the result of trigrid.Run or its JSON",
			len(res.DERs), len(res.VPPs))
	case res.Recommendation != nil && (res.Recommendation.Reason == trigrid.NothingFeasible || res.Recommendation.Reason == trigrid.NothingSolved):
		bad.Addf("other run: the result has no allocation to compare: %s", res.Recommendation.Explanation)
	case o.Other.planned():
		if _, err := newRun(*o.Other.Region, res); err != nil {
			bad.Add(err)
		}
	}
	return bad.Err()
}

// planned reports whether the run has its region and its plans.
func (r *Run) planned() bool { return r.Region != nil && len(r.Result.Plans) > 0 }

// title returns the name of the run.
func (r *Run) title() string {
	if r.Name == "" {
		return "other run"
	}
	return r.Name
}

// FilesWith returns the same files as [Files], with options.
func FilesWith(r trigrid.Region, res *trigrid.Result, o Options) ([]File, error) {
	if res != nil && res.Fleet != nil {
		return fleetFiles(r, res, o)
	}
	x, err := newRun(r, res)
	if err != nil {
		return nil, err
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	x.other, x.formats = o.Other, o.formats()
	return x.files()
}

// WriteWith writes a report as [Write] does, with options.
func WriteWith(dir string, r trigrid.Region, res *trigrid.Result, o Options) error {
	files, err := FilesWith(r, res, o)
	if err != nil {
		return err
	}
	return stage(dir, files)
}
