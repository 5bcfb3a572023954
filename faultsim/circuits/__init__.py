"""Circuits: deck text in, hierarchy and sites, edited deck text out; reads circuits/."""
