"""The simulator: ngspice in worker processes, `ngspice -b` as the reference, and the memoised service over both."""
