"""Figures of what was measured, as SVG and PNG."""
