"""faultsim: fault injection and test generation for neuromorphic circuits of magnetic tunnel junctions."""

__version__ = "0.1.0"
