"""Crossbars that learn: trainings in SPICE, and what is read from them."""
