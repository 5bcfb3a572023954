"""Drawings of a circuit: its cells as schematics, its crossbar, its coding and its timing."""
