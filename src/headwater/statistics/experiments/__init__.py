"""Readouts of experiments, from sufficient statistics of their arms.

`sufficient` reduces and merges, `comparison` estimates, `sample_ratio`, `segments`, `sequential`,
`novelty`, `before_after` and `planning` say whether and how long to believe it. Nothing here reads
a warehouse, a clock or a random number.
"""
