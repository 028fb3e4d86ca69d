"""A simulated company: every tool's raw export, and the truth behind it.

`company` holds the numbers, `people` and `plan` decide who does what on which day, `traffic` turns
a day into sessions and events, `vendors` writes them in each tool's shape, `run` ties it together.
Only tests read the truth.
"""
