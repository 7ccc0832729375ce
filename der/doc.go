// Package der models distributed energy resources, one file per kind. Each file holds four things in
// reading order: the equations with their source, the data, the unit's contribution to a program
// ([DER.Model]) and its benefit as a function of a realised schedule ([DER.Benefit]).
//
// Units. Power in MW, energy in MWh, money in the case's currency, carbon in t CO2, prices per MWh or
// per t. Step t covers [t, t+1) of the grid; a power is constant within its step. Injection into the
// VPP is positive, and so is money received. Power is what crosses the unit's own meter; losses inside
// the unit appear in its states only.
//
// Kinds: [Wind], [PV], [Storage], [Thermal]; [DemandResponse], [ShiftableLoad], [TransferableLoad]; [CHP],
// [ExtractionCHP], [GasBoiler], [ElectricBoiler], [CarbonCapture], [PowerToGas], [Sequestration]; [Load],
// [HeatDump], [GridConnection], [GasSupply]. Data: [Module], [Array] and [Elasticity] make series
// of irradiance and prices.
//
// A tonne of carbon counts once: it is credited where it is captured and charged where a fuel is burnt, gas
// made from captured CO2 included, or follows the other [CarbonRule]; what passes between units is a good
// ([Terms.CO2]).
//
// A new kind needs no change here: write a type with the three methods of [DER] anywhere and hold it
// to the rules with package dertest.
package der
