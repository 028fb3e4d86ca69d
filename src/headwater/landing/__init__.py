"""The landing zone: its contract, and everything that writes into it.

`contract` reads the source YAML, `write` puts typed Parquet files in place. Whoever lands rows, a
file loader, an API connector or the simulator, goes through these two.
"""
