package vpp

// Value is a plan's worth along the grid's three dimensions, currency over the horizon, in expectation
// over the scenarios where nothing else is said.
type Value struct {
	Economic    float64 // E: trade with the market less what members are paid; the VPP's own surplus
	Cost        float64 // the members' own costs
	Payments    float64 // what members receive under the tariff
	Trade       float64 // from selling and buying energy; E + Payments
	Imbalance   float64 // expected imbalance cost
	VaR         float64 // value at risk of the loss, where the risk measure has one
	Risk        float64 // the risk measure of the loss, by default the CVaR of the imbalance cost
	Worst       float64 // largest loss of any scenario, as the risk measure sees it
	Environment float64 // certificates less carbon
	Objective   float64 // what the program maximised
	Integrated  float64 // V = w_e E − w_r β CVaR + w_n N
}
