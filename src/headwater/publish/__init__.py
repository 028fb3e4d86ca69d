"""Published generations of the marts: made from an audited warehouse, swapped in at once."""
