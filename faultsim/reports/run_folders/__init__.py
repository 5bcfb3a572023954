"""Run folders that are read back: as tables and figures, and two beside each other."""
