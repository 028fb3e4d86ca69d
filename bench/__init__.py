"""The benchmark: jobs and their peers, timed as whole processes."""
