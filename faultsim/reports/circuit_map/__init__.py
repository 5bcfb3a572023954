"""The map of a circuit for the page: a mark for each defect where it is."""
