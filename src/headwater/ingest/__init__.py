"""`headwater ingest`: what the vendors' APIs hold, fetched with dlt and landed like a file.

`streams` says what a vendor offers and which windows of time to read, `vendors` is the table of the
vendors, `api` asks over HTTP, `spool` keeps what came in as JSONL, `run` puts them together.
"""
