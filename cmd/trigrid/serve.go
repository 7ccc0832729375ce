package main

import (
	"context"
	"fmt"
	"io"

	"github.com/trigrid/trigrid"
	"github.com/trigrid/trigrid/report/live"
)

// livePage is the page of -serve. Without the flag it is nil, and all methods
// do nothing.
type livePage struct {
	live.Page
	server *live.Server
}

// newLivePage serves the page of a region at an address and prints its URL on
// stderr. Without an address it returns nil.
func newLivePage(address, region string, stderr io.Writer) (*livePage, error) {
	if address == "" {
		return nil, nil
	}
	p := &livePage{Page: live.Page{Region: region}}
	var err error
	if p.server, err = live.Serve(address, &p.Page); err != nil {
		return nil, err
	}
	fmt.Fprintln(stderr, "The live page is", p.server.URL())
	return p, nil
}

// observe returns an observer that also shows the reports of a run on the page.
//
// next can be nil, for a run without a bar.
func (p *livePage) observe(next func(trigrid.Progress)) func(trigrid.Progress) {
	if p == nil {
		return next
	}
	return func(report trigrid.Progress) {
		p.Observe(report)
		if next != nil {
			next(report)
		}
	}
}

// end shows the end of the run and closes the page. A browser that shows it has
// some seconds to read the result, but none after an interrupt.
func (p *livePage) end(ctx context.Context, res *trigrid.Result, err error, files ...string) {
	if p == nil {
		return
	}
	p.End(res, err, files...)
	p.server.Close(ctx) // the run has its own result and error
}
