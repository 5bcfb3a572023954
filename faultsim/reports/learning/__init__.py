"""Pages, tables and figures of crossbars that learn."""
