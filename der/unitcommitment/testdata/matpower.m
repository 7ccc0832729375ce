function mpc = two_bus
%TWO_BUS  two buses, three machines and a dispatchable load

mpc.version = '2';
mpc.baseMVA = 100;

%% bus data
%	bus_i	type	Pd	Qd	Gs	Bs	area	Vm	Va	baseKV	zone	Vmax	Vmin
mpc.bus = [
	1	3	90	0	0	0	1	1	0	135	1	1.05	0.95;
	2	1	60	0	2	0	1	1	0	135	1	1.05	0.95;
];

%% generator data
%	bus	Pg	Qg	Qmax	Qmin	Vg	mBase	status	Pmax	Pmin
mpc.gen = [
	1	0	0	50	-50	1	100	1	100	20;	% quadratic
	1	0	0	50	-50	1	100	1	80	0;	% points
	2	0	0	50	-50	1	100	0	60	0;	% out of service
	2	0	0	0	0	1	100	1	0	-30;	% a load that pays 32
];

%% branch data
mpc.branch = [
	1	2	0.01	0.1	0	70	70	70	0	0	1	-360	360;
];

%% generator cost data
mpc.gencost = [
	2	500	0	3	0.05	18	100	0;
	1	0	0	2	0	0	80	2400;
	2	0	0	2	10	0	0	0;
	2	0	0	2	32	0	0	0;
];
