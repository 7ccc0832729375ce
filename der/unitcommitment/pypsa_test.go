package unitcommitment_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/trigrid/trigrid/der/unitcommitment"
)

// folderOf returns a network with one bus "b" and one table per pair of name
// and text. Lines of a table are separated by blanks, so that a table fits in a
// line: "name,bus,p_nom a,b,10".
func folderOf(tables ...string) fstest.MapFS {
	folder := fstest.MapFS{"buses.csv": {Data: []byte("name\nb\n")}}
	for i := 0; i < len(tables); i += 2 {
		folder[tables[i]+".csv"] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(tables[i+1], " ", "\n") + "\n")}
	}
	return folder
}

// loads returns the tables of one load with one value per snapshot, without
// weights.
func loads(mw ...float64) []string {
	snapshots, values := ",snapshot", ",l"
	for t, x := range mw {
		snapshots += fmt.Sprintf(" %d,s%d", t, t)
		values += fmt.Sprintf(" %d,%v", t, x)
	}
	return []string{"snapshots", snapshots, "loads", "name,bus l,b", "loads-p_set", values}
}

// with returns the tables of loads with others.
func with(load []string, tables ...string) fstest.MapFS { return folderOf(append(load, tables...)...) }

// slack is a row of generators that covers the rest at 1000, so that a limit
// shows in the cost.
const slack = "slack,b,1000,1000"

// pypsaRules are small networks whose optimum is a calculation by hand.
var pypsaRules = []struct {
	name   string
	folder fstest.MapFS
	cost   float64 // −1: infeasible
	why    string
}{
	{
		"one snapshot", folderOf("loads", "name,bus,p_set l,b,10", "generators", "name,bus,p_nom,marginal_cost g,b,20,7"),
		70, "without a table of snapshots there is one of weight 1",
	},
	{
		"objective weights", folderOf("snapshots", "snapshot,objective,stores,generators 0,2,1,1 1,3,1,1",
			"loads", "name,bus,p_set l,b,10", "generators", "name,bus,p_nom,marginal_cost g,b,20,7"),
		350, "7 × 10 × (2 + 3)",
	},
	{
		"old weights", folderOf("snapshots", "name,weightings 0,2 1,3", "loads", "name,bus,p_set l,b,10", "generators", "name,bus,p_nom,marginal_cost g,b,20,7"),
		350, "one column for all uses",
	},
	{
		"weights do not depend on the times", folderOf("snapshots", "snapshot,objective,stores,generators 2030-01-01T00:00:00,2,1,1 2030-01-01T00:15:00,3,1,1",
			"loads", "name,bus,p_set l,b,10", "generators", "name,bus,p_nom,marginal_cost g,b,20,7"),
		350, "quarters of an hour of weights 2 and 3",
	},
	{
		"cost per snapshot", with(loads(10, 10), "generators", "name,bus,p_nom,marginal_cost g,b,20,7", "generators-marginal_cost", ",g 0,1 1,2"),
		30, "the table replaces the cell",
	},
	{
		"p_min_pu of a generator that is not committable", folderOf("loads", "name,bus,p_set l,b,10",
			"generators", "name,bus,p_nom,marginal_cost,p_min_pu g,b,20,7,0.25 h,b,20,1,0"),
		40, "5 MW at 7 must run: 35 + 5",
	},
	{
		"p_max_pu per snapshot", with(loads(10, 10), "generators", "name,bus,p_nom,marginal_cost g,b,20,1 "+slack, "generators-p_max_pu", ",g 0,0.25 1,1"),
		5 + 5000 + 10, "5 MW are available in the first snapshot",
	},
	{
		"p_set", folderOf("loads", "name,bus,p_set l,b,10", "generators", "name,bus,p_nom,marginal_cost,p_set g,b,20,7,4 h,b,20,1,"),
		34, "4 MW at 7, 6 at 1",
	},
	{
		"quadratic cost", folderOf("snapshots", "snapshot,objective 0,2", "loads", "name,bus,p_set l,b,30",
			"generators", "name,bus,p_nom,marginal_cost,marginal_cost_quadratic g,b,50,10,0.1 h,b,50,10,0.2"),
		2 * 360, "0.2 × 20 = 0.4 × 10: 2 × (200 + 40 + 100 + 20)",
	},
	{
		"ramps per snapshot", with(loads(10, 30), "generators", "name,bus,p_nom,marginal_cost,ramp_limit_up g,b,50,1,0.2 "+slack+","),
		10 + 20 + 10000, "10 MW more, whatever the weight; no ramp into the first snapshot",
	},
	{
		"ramp into the first snapshot", with(loads(30), "generators", "name,bus,p_nom,marginal_cost,ramp_limit_up,p_init g,b,50,1,0.2,5 "+slack+",,"),
		15 + 15000, "from p_init, 5 MW",
	},
	{
		"ramp down", with(loads(30, 0), "generators", "name,bus,p_nom,marginal_cost,ramp_limit_down,p_max_pu g,b,50,1,0.2,1 "+slack+",,1 sink,b,100,-5,,1", "generators-p_min_pu", ",sink 0,-1 1,-1", "generators-p_max_pu", ",sink 0,0 1,0"),
		150, "30 and 20 MW, of which the sink takes 20 at 5: 30 + 20 + 100",
	},
	{
		"sign", folderOf("loads", "name,bus,p_set,sign l,b,10,-1 feed,b,3,1", "generators", "name,bus,p_nom,marginal_cost,sign g,b,20,7,1 pump,b,5,-9,-1"),
		84 - 45, "the pump is paid 9 and takes 5 MW: 7 × (10 − 3 + 5) − 45",
	},
	{
		"inactive", folderOf("loads", "name,bus,p_set,active l,b,10,True m,b,90,False", "generators", "name,bus,p_nom,marginal_cost,active g,b,20,7,1 h,b,20,1,0"),
		70, "neither the second load nor the second generator",
	},
	{
		"energy limit", folderOf("snapshots", "snapshot,objective,stores,generators 0,1,1,4 1,1,1,5", "loads", "name,bus,p_set l,b,10",
			"generators", "name,bus,p_nom,marginal_cost,e_sum_max g,b,20,1,50 "+slack+","),
		12 + 8000, "4 × 10 + 5 × 2 MWh",
	},
	{
		"CO2", folderOf("snapshots", "snapshot,objective,stores,generators 0,1,1,3", "loads", "name,bus,p_set l,b,10", "carriers", "name,co2_emissions coal,0.5 sun,0",
			"generators", "name,bus,p_nom,marginal_cost,carrier,efficiency g,b,20,1,coal,0.25 "+slack+",sun,1", "global_constraints", "name,type,carrier_attribute,sense,constant cap,primary_energy,co2_emissions,<=,24"),
		4 + 6000, "3 × p × 0.5 / 0.25 ≤ 24",
	},
	{
		"start, stand-by and stop", folderOf("snapshots", "snapshot,objective 0,2 1,2 2,2", "loads", "name,bus l,b", "loads-p_set", ",l 0,0 1,10 2,0",
			"generators", "name,bus,p_nom,marginal_cost,committable,p_min_pu,start_up_cost,shut_down_cost,stand_by_cost,up_time_before g,b,20,7,True,0.5,100,30,5,0"),
		280, "2 × (70 + 5) + 100 + 30: starts and stops have no weight",
	},
	{
		"on before", with(loads(10), "generators", "name,bus,p_nom,marginal_cost,committable,p_min_pu,start_up_cost g,b,20,7,True,0.5,100"),
		70, "up_time_before is 1 by default",
	},
	{
		"minimum up time", with(loads(10, 5), "generators", "name,bus,p_nom,marginal_cost,committable,p_min_pu,min_up_time,up_time_before g,b,20,1,True,0.5,2,0 "+slack+",False,0,0,1"),
		15000, "a start would last for two snapshots, the second of which has no room for 10 MW",
	},
	{
		"up time before", with(loads(10, 10, 5), "generators", "name,bus,p_nom,marginal_cost,committable,p_min_pu,min_up_time,up_time_before g,b,20,1,True,0.5,3,1 "+slack+",False,0,0,1"),
		20 + 5000, "two of three snapshots left",
	},
	{
		"down time before", with(loads(10, 10), "generators", "name,bus,p_nom,marginal_cost,committable,min_down_time,up_time_before,down_time_before g,b,20,1,True,3,0,2 "+slack+",False,0,1,0"),
		10000 + 10, "off for one more snapshot",
	},
	{
		"ramp of a start", with(loads(10, 10), "generators", "name,bus,p_nom,marginal_cost,committable,ramp_limit_start_up,ramp_limit_up,up_time_before g,b,20,1,True,0.2,0.1,0 "+slack+",False,,,1"),
		4 + 6000 + 6 + 4000, "0.2 × 20 MW, then 0.1 × 20 more",
	},
	{
		"ramp of a stop", with(loads(10, 0), "generators", "name,bus,p_nom,marginal_cost,committable,p_min_pu,ramp_limit_shut_down g,b,20,1,True,0.1,0.2 "+slack+",False,0,"),
		4 + 6000, "at most 0.2 × 20 MW before the stop",
	},
	{
		"floor before a stop", with(loads(10, 0), "generators", "name,bus,p_nom,marginal_cost,committable,p_min_pu,ramp_limit_up g,b,20,1,True,0.1,0.25 "+slack+",False,0,"),
		10000, "without a start-up ramp the unit stops from (1 − 0.25) × 20 MW only, so that it stops at once",
	},
	{
		"storage", folderOf("snapshots", "snapshot,objective,stores,generators 0,1,2,1 1,1,2,1", "loads", "name,bus l,b", "loads-p_set", ",l 0,0 1,10",
			"generators", "name,bus,p_nom,marginal_cost g,b,20,1 "+slack, "generators-p_max_pu", ",g 0,1 1,0",
			"storage_units", "name,bus,p_nom,max_hours,efficiency_store,efficiency_dispatch,standing_loss,marginal_cost s,b,100,1,0.8,0.5,0.1,3"),
		1*20 + 3*6.48 + 1000*3.52, "20 MW for 2 h store 32 MWh; 0.81 × 32 × 0.5 / 2 h = 6.48 MW",
	},
	{
		"state before and inflow", folderOf("loads", "name,bus,p_set l,b,10", "generators", "name,bus,p_nom,marginal_cost "+slack,
			"storage_units", "name,bus,p_nom,max_hours,state_of_charge_initial,inflow,spill_cost s,b,7,2,3,20,2"),
		3000 + 2*2, "3 + 20 MWh, of which 7 are delivered and 14 stay: 2 are spilled",
	},
	{
		"cyclic store", with(loads(10, 0), "generators", "name,bus,p_nom,marginal_cost g,b,20,1 "+slack, "generators-p_max_pu", ",g 0,0 1,1",
			"storage_units", "name,bus,p_nom,max_hours,cyclic_state_of_charge,state_of_charge_initial s,b,8,4,True,5"),
		8 + 2000, "8 MW before they are charged; the state before is ignored",
	},
	{
		"set points", with(loads(10, 10), "generators", "name,bus,p_nom,marginal_cost g,b,50,1", "storage_units", "name,bus,p_nom,max_hours s,b,20,1 u,b,20,1",
			"storage_units-state_of_charge_set", ",s 0,4 1,", "storage_units-p_set", ",u 0,-3 1,"),
		20 + 4 + 3 - 4 - 3, "4 MWh at the end of the first snapshot, and 3 MW charged; both come back",
	},
	{
		"price of storage", with(loads(0, 10), "generators", "name,bus,p_nom,marginal_cost g,b,50,1", "generators-p_max_pu", ",g 0,1 1,0.18",
			"storage_units", "name,bus,p_nom,max_hours,marginal_cost_storage s,b,20,1,0.5"),
		10 + 0.5, "1 MWh is held over one snapshot",
	},
	{
		"store", with(loads(10, 10), "generators", "name,bus,p_nom,marginal_cost g,b,50,1", "generators-marginal_cost", ",g 0,1 1,9",
			"stores", "name,bus,e_nom,e_initial,marginal_cost,standing_loss,e_min_pu s,b,20,4,2,0.5,0.1"),
		28 - 36 + 18 + 16, "half of 4 MWh and 18 MW, for which it is paid 2; half of 20 MWh less 2 are 8 MW, which cost 2",
	},
	{
		"cyclic store without power limit", with(loads(10, 10), "generators", "name,bus,p_nom,marginal_cost g,b,50,1", "generators-marginal_cost", ",g 0,1 1,9",
			"stores", "name,bus,e_nom,e_cyclic s,b,6,True"),
		16 + 36, "6 MWh from the first to the second snapshot",
	},
}

func TestPyPSARules(t *testing.T) {
	for _, c := range pypsaRules {
		t.Run(c.name, func(t *testing.T) {
			s, err := unitcommitment.ReadPyPSA(c.folder, unitcommitment.Options{})
			require.NoError(t, err)
			found, feasible := optimum(t, s)
			t.Logf("right %s: %g, %s; found %.6f", c.name, c.cost, c.why, found)
			require.Equal(t, c.cost != -1, feasible)
			if feasible {
				assert.InDelta(t, c.cost, found, 1e-6*max(1, c.cost))
			}
		})
	}
}

// The grid has the distance of the snapshots, and their beginning.
func TestPyPSASnapshots(t *testing.T) {
	read := func(first, second, third string) *unitcommitment.System {
		folder := folderOf("loads", "name,bus,p_set l,b,10", "generators", "name,bus,p_nom,marginal_cost g,b,20,7")
		folder["snapshots.csv"] = &fstest.MapFile{Data: []byte(",snapshot\n0," + first + "\n1," + second + "\n2," + third + "\n")}
		s, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
		require.NoError(t, err)
		found, _ := optimum(t, s)
		assert.InDelta(t, 3*70, found, 1e-9, "no weights: 1 per snapshot")
		return s
	}
	s := read("2030-01-01 00:00:00", "2030-01-01 00:30:00", "2030-01-01 01:00:00")
	assert.Equal(t, 30*time.Minute, s.Set.Grid().Step)
	assert.Equal(t, "2030-01-01T00:00:00Z", s.Set.Grid().Start.Format(time.RFC3339))
	assert.Empty(t, s.Notes)
	s = read("2030-01-01 00:00:00", "2030-01-01 00:30:00", "2030-01-02 01:00:00")
	assert.Equal(t, time.Hour, s.Set.Grid().Step)
	assert.Equal(t, []string{"snapshots.csv: the times from 2030-01-01 00:00:00 on are not equidistant; steps count as hours"}, s.Notes)
	assert.Empty(t, read("a", "b", "c").Notes)
}

func TestPyPSANotes(t *testing.T) {
	folder := folderOf("generators", "name,bus,p_nom,p_nom_extendable,p_nom_opt,margnal_cost,capital_cost,my_own g,b,20,True,30,7,5,x h,b,20,True,,7,5,x",
		"loads", "name,bus,p_set l,b,10", "lines", "name,bus0,bus1,s_nom 1,b,b,5", "links", "name,bus0,bus1,efficiency,marginal_cost 1,b,b,0.9,0 2,b,b,1,0",
		"generators-p_max", ",g 0,1", "sub_networks", "name 0", "tariffs", "name 0")
	_, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
	require.ErrorContains(t, err, `unitcommitment: generators.csv: line 2, column 4 (p_nom_extendable of g): is True, want False and the capacity in p_nom, `+
		`because capacities are not decided here, or ignore "p_nom_extendable"`)
	s, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{Ignore: []string{"p_nom_extendable"}})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"tariffs.csv: is no table of the format and is ignored",
		"lines.csv: 1 row is ignored with limits, losses and costs, because all buses are joined",
		"links.csv: 2 rows are ignored with limits, losses and costs, because all buses are joined; 1 of them has a loss or a cost",
		`generators.csv: column "margnal_cost" is no column of the format and is ignored; did you mean "marginal_cost"?`,
		"generators-p_max.csv: is ignored",
		"generators.csv: p_nom_extendable is ignored in 2 rows; the capacity is p_nom_opt, or p_nom if that is absent",
	}, s.Notes)
	p := formulate(t, s)
	for name, want := range map[string]float64{"g.power(0,0)": 30, "h.power(0,0)": 20} { // the optimum of an earlier run, or p_nom
		for j := range p.Model.Vars() {
			if v := p.Model.VarAt(j); v.Name().String() == name {
				_, upper := v.Bounds()
				assert.Equal(t, want, upper)
			}
		}
	}
}

func TestPyPSAFaults(t *testing.T) {
	base := func() fstest.MapFS {
		return with(loads(10, 20), "carriers", "name,co2_emissions coal,0.5",
			"generators", "name,bus,p_nom,marginal_cost,carrier,committable g,b,20,7,coal,True h,b,30,9,,False", "generators-p_max_pu", ",h 0,1 1,0.5",
			"storage_units", "name,bus,p_nom s,b,5", "stores", "name,bus,e_nom r,b,5",
			"global_constraints", "name,type,carrier_attribute,sense,constant cap,primary_energy,co2_emissions,<=,50")
	}
	_, err := unitcommitment.ReadPyPSA(base(), unitcommitment.Options{})
	require.NoError(t, err)
	for _, c := range []struct{ name, table, old, new, want string }{
		{"no number", "generators", "g,b,20,", "g,b,twenty,", `generators.csv: line 2, column 3 (p_nom of g): is "twenty", want a number`},
		{"negative", "generators", "g,b,20,", "g,b,-20,", `generators.csv: line 2, column 3 (p_nom of g): is -20, want a number of at least 0`},
		{"no switch", "generators", "coal,True", "coal,yes", `generators.csv: line 2, column 6 (committable of g): is "yes", want True or False`},
		{"bus", "generators", "g,b,", "g,c,", `generators.csv: line 2, column 2 (bus of g): is "c", want a bus of buses.csv`},
		{"twice", "generators", "\nh,b", "\ng,b", `generators.csv: line 3: "g" is given twice, want each name once`},
		{"width", "generators", "g,b,20,7,coal,True", "g,b,20", `generators.csv: line 2: has 3 columns, want 6 as the header`},
		{"column twice", "generators", "carrier", "p_nom", `generators.csv: column "p_nom" is given twice, want each once`},
		{"separator", "carriers", "name,co2_emissions\ncoal,0.5", "name;co2_emissions\ncoal;0.5", `carriers.csv: line 1: has no comma, want commas between the columns`},
		{"quotes", "generators", "g,b", `"g,b`, `generators.csv: `},
		{"number per snapshot", "generators-p_max_pu", "1,0.5", "1,half", `generators-p_max_pu.csv: line 3, column 2 (h): is "half", want a number`},
		{"unknown generator", "generators-p_max_pu", ",h", ",k", `generators-p_max_pu.csv: column 2 is "k", which generators.csv does not have`},
		{"rows", "generators-p_max_pu", "\n1,0.5", "", `generators-p_max_pu.csv: has 1 rows, want 2, one per snapshot`},
		{"empty", "generators-p_max_pu", ",h\n0,1\n1,0.5\n", "", `generators-p_max_pu.csv: is empty, want a header`},
		{"infinite price", "generators", "20,7", "20,inf", `generators.csv: line 2, column 4 (marginal_cost of g): is +Inf, want a finite number`},
		{"weight", "snapshots", ",snapshot\n0,s0\n1,s1", ",snapshot,objective\n0,s0,1\n1,s1,-1", `snapshots.csv: line 3, column 3 (objective): is "-1", want a weight of at least 0`},
		{"periods", "snapshots", ",snapshot\n0,s0\n1,s1", ",period,timestep\n0,1,s0\n1,1,s1", `snapshots.csv: column "period" is there, want none`},
		{"carrier of a bus", "buses", "name\nb", "name,carrier\nb,heat", `buses.csv: line 2, column 2 (carrier of b): is "heat", want AC or DC, because other carriers are not part of this model; remove the bus, or ignore "carrier"`},
		{"constraint", "global_constraints", "<=", "==", `global_constraints.csv: line 2: "cap" is primary_energy of co2_emissions with sense "==", want a primary_energy limit <= of co2_emissions, or ignore "global_constraints"`},
		{"constraint kind", "global_constraints", "primary_energy", "tech_capacity_expansion_limit", `"cap" is tech_capacity_expansion_limit of`},
		{"limits", "generators-p_max_pu", "1,0.5", "1,-0.5", `generators.csv: line 3: unitcommitment: unit "h": step 1: from 0 to -15 MW`},
		{"set point", "generators", "h,b,30,9,,False", "h,b,30,9,,False,99", `has 7 columns`},
		{"state before", "generators", "committable\ng,b,20,7,coal,True\nh,b,30,9,,False", "committable,min_down_time,down_time_before\ng,b,20,7,coal,True,5,2\nh,b,30,9,,False,0,0", `generators.csv: line 2, column 8 (down_time_before of g): is 2 beside an up_time_before of 1, want one of the two to be 0`},
		{"half a snapshot", "generators", "committable\ng,b,20,7,coal,True\nh,b,30,9,,False", "committable,min_up_time\ng,b,20,7,coal,True,1.5\nh,b,30,9,,False,0", `generators.csv: line 2, column 7 (min_up_time of g): is 1.5, want a whole number of snapshots`},
		{"maintenance", "generators", "committable", "maintainable", `generators.csv: line 2, column 6 (maintainable of g): is True, which is not part of this model; want False, or ignore "maintainable"`},
		{"storage emits", "storage_units", "name,bus,p_nom\ns,b,5", "name,bus,p_nom,carrier\ns,b,5,coal", `storage_units.csv: line 2, column 4 (carrier of s): is "coal" with 0.5 t CO2 per MWh under a limit of CO2`},
		{"efficiency", "storage_units", "name,bus,p_nom\ns,b,5", "name,bus,p_nom,efficiency_dispatch\ns,b,5,0", `efficiency_dispatch of s): is 0, want`},
		{"capacity of 1e200", "generators", "g,b,20,7", "g,b,1e200,7", `generators.csv: line 2, column 3 (p_nom of g): is 1e+200, want at most 1e+15, or inf for no limit`},
		{"infinite store", "stores", "r,b,5", "r,b,inf", `stores.csv: line 2: unitcommitment: storage "r": step 0: a limit is infinite`},
		{"extendable store", "stores", "name,bus,e_nom\nr,b,5", "name,bus,e_nom,e_nom_extendable\nr,b,5,True", `or ignore "e_nom_extendable"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := base()
			text := string(folder[c.table+".csv"].Data)
			require.Contains(t, text, c.old)
			folder[c.table+".csv"] = &fstest.MapFile{Data: []byte(strings.Replace(text, c.old, c.new, 1))}
			s, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
			assert.Nil(t, s)
			require.ErrorContains(t, err, "unitcommitment: ")
			require.ErrorContains(t, err, c.want)
		})
	}
	for name, want := range map[string]string{
		"investment_periods": "investment_periods.csv: has 1 rows, want none", "scenarios": "scenarios.csv: has 1 rows, want none",
		"processes": `processes.csv: has 1 rows, which are not part of this model; remove them, or ignore "processes"`, "generators-marginal_cost-pw": `or ignore "generators-marginal_cost-pw"`,
	} {
		folder := base()
		folder[name+".csv"] = &fstest.MapFile{Data: []byte("name,weight\nx,1\n")}
		_, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
		require.ErrorContains(t, err, want)
	}
	_, err = unitcommitment.ReadPyPSA(fstest.MapFS{}, unitcommitment.Options{})
	require.ErrorContains(t, err, "the folder has no buses.csv; give the folder that n.export_to_csv_folder wrote")
}

// A table whose times are those of other snapshots is not read by position.
func TestPyPSATablesFollowTheSnapshots(t *testing.T) {
	folder := folderOf("generators", "name,bus,p_nom g,b,20")
	folder["snapshots.csv"] = &fstest.MapFile{Data: []byte("name,objective\n2030-01-01 00:00,1\n2030-01-01 01:00,1\n")}
	folder["generators-p_max_pu.csv"] = &fstest.MapFile{Data: []byte("snapshot,g\n2030-01-01 00:00:00,1\n2030-01-01 02:00:00,1\n")}
	_, err := unitcommitment.ReadPyPSA(folder, unitcommitment.Options{})
	require.ErrorContains(t, err, "generators-p_max_pu.csv: line 3: is for 2030-01-01 02:00:00, want snapshot 2030-01-01 01:00; sort the rows")
}

// ReadPath tells folders and files apart, and names other forms of the same
// data.
func TestReadPath(t *testing.T) {
	folder := t.TempDir()
	for name, file := range folderOf("loads", "name,bus,p_set l,b,10", "generators", "name,bus,p_nom,marginal_cost g,b,20,7") {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), file.Data, 0o600))
	}
	s, err := unitcommitment.ReadPath(folder, unitcommitment.Options{})
	require.NoError(t, err)
	assert.Len(t, s.Units, 1)
	_, err = unitcommitment.ReadPath(folder, unitcommitment.Options{Format: unitcommitment.FormatEgret})
	require.ErrorContains(t, err, "is a folder, want a file in the format egret")
	_, err = unitcommitment.ReadPath(filepath.Join(folder, "loads.csv"), unitcommitment.Options{})
	require.ErrorContains(t, err, "is one table; give the folder of a PyPSA network")
	_, err = unitcommitment.ReadPath(filepath.Join(folder, "nowhere"), unitcommitment.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	for name, want := range map[string]string{"n.nc": "export_to_csv_folder", "n.h5": "export_to_csv_folder", "case.mat": "savecase"} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte("\x89HDF"), 0o600))
		_, err = unitcommitment.ReadPath(path, unitcommitment.Options{})
		require.ErrorContains(t, err, path+": unitcommitment: ")
		require.ErrorContains(t, err, want)
	}
	s, err = unitcommitment.ReadPath("testdata/egret.json", unitcommitment.Options{})
	require.NoError(t, err)
	assert.Len(t, s.Units, 5)
}
