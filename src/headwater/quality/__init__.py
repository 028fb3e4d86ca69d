"""Great Expectations over the warehouse and the landing zone."""
