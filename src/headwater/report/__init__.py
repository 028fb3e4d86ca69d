"""What people read: the summary in the terminal, as text or as JSON."""
