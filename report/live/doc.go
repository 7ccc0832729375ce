// Package live shows a run while it works: one page on this machine with the
// stage, the programs that are solved, the program in work with its value and
// bound, and the best profile so far.
//
//	page := &live.Page{Region: region.Name}
//	server, err := live.Serve("127.0.0.1:0", page)
//	…
//	fmt.Fprintln(os.Stderr, server.URL()) // such as http://127.0.0.1:41233/
//	result, err := trigrid.Run(ctx, region, trigrid.Options{Observe: page.Observe})
//	page.End(result, err)
//	server.Close(ctx)
//
// The page needs no network and no script: it loads itself again every two
// seconds, and a browser with scripts reads the path "state" every second
// instead, the JSON of a [State]. After the end it shows the result.
//
// # Access
//
// [Page] answers GET and HEAD on the loopback interface only, and only if the
// Host header names this interface and the port of the server, so that a
// foreign page whose name resolves to 127.0.0.1 cannot read it. Requests with
// the Origin of another page are refused. Each user of the machine can read the
// page.
package live
