"""The functional twin: the learning crossbar stepped through time, its synapses changed by a law measured in SPICE."""
