* my_amplifier: two common-source stages, for faultsim sites and inject
.subckt stage in out vdd
m1 out in 0 0 nch w=10u l=1u
r1 vdd out 10k
.ends stage
.model nch nmos (level=1 vto=0.5 kp=200u lambda=0.05)
vdd vdd 0 1.8
vin in 0 dc 0.58 sin(0.58 10m 1meg)
x1 in mid vdd stage
cc mid gate 1p
rb1 vdd gate 210k
rb2 gate 0 100k
x2 gate out vdd stage
cl out 0 0.1p
.op
.print op v(mid) v(out)
.end
