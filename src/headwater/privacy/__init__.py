"""Taking people out of everything that Headwater keeps, on request."""
