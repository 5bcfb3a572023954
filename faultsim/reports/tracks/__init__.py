"""A deck without drawings of its own as parallel nets with devices across them."""
