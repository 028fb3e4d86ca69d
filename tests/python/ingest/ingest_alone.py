"""A run in a process of its own: `ingest_alone.py <landing root> <stream> …`, over Stripe."""

import sys
from pathlib import Path

from headwater.ingest.run import Ingestion
from headwater.ingest.vendors import VENDORS
from headwater.landing.contract import load_contract
from tests.python.ingest.vendors import NOW, SINCE

if __name__ == "__main__":
    contract = load_contract(Path())
    run = Ingestion(
        VENDORS["stripe"],
        contract["stripe"],
        contract["headwater"].tables["rejected_rows"],
        Path(sys.argv[1]),
        since=SINCE,
        now=NOW,
        streams=sys.argv[2:],
    )
    for job in run.jobs():
        list(run.fetch(job))
