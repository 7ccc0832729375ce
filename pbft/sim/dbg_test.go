package sim
import ("testing";"os";"strconv")
func TestDbg(t *testing.T) {
	n,_ := strconv.Atoi(os.Getenv("SEED"))
	c := Random(uint64(n))
	for id, x := range c.Traitors { t.Logf("traitor %d %+v", id, x) }
	c2 := c; c2.Traitors=nil
	t.Logf("%+v", c2)
	r, err := Run(c)
	t.Log(err); t.Log(r.Counts, r.Refused, r.Events, r.Time, r.Requests, r.Batches)
}
func TestDbgState(t *testing.T) {
	n,_ := strconv.Atoi(os.Getenv("SEED"))
	c := Random(uint64(n))
	s, _ := newSim(c)
	t.Log(s.run())
	for _, h := range s.hosts { if h.node != nil { t.Logf("%d %+v", h.id, h.node.State()) } }
	t.Log(s.clients[0].next, s.clients[0].waiting, len(s.clients[0].extra), s.clients[0].todo)
	t.Log(s.report.Counts, s.report.Refused)
}
