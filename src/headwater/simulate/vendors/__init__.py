"""The day's rows in each tool's own shape, columns by the contract; one module per tool family."""
