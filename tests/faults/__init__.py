"""What goes wrong with builds and publications, done on purpose: `python -m tests.faults`."""
