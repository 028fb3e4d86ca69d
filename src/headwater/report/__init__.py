"""What people read: the summary in the terminal and the memo of an experiment, or their JSON."""
