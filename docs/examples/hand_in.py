"""Hands payments to PaySecure over HTTP: a JSON object a line on standard input, as POST /api/v1/transactions takes it.

    PAYSECURE_URL=http://localhost:8000 PAYSECURE_KEY=ps_… python3 hand_in.py < payments.ndjson

Needs nothing but Python. Sends again what was not taken: a transaction_id counts once however often it is sent.
"""

import gzip
import json
import os
import sys
import time
import urllib.error
import urllib.request
from itertools import islice

URL = os.environ.get("PAYSECURE_URL", "http://localhost:8000") + "/api/v1/transactions"
KEY = os.environ["PAYSECURE_KEY"]
LINES_A_REQUEST = 1_000
TRIES = 10


def send(lines):
    """The answer to a request: each line's result is in `results`."""
    request = urllib.request.Request(
        URL,
        data=gzip.compress("\n".join(lines).encode()),
        headers={
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
        },
    )
    for attempt in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            answer = json.load(error)
            if error.code not in (429, 503, 504):
                return answer
            time.sleep(int(error.headers.get("Retry-After", 2)))
        except OSError:
            time.sleep(min(30, 2**attempt))
    sys.exit(f"not handed in after {TRIES} tries")


def main():
    lines = (line.strip() for line in sys.stdin if line.strip())
    accepted = known = 0
    while batch := list(islice(lines, LINES_A_REQUEST)):
        answer = send(batch)
        accepted += answer.get("accepted", 0)
        known += answer.get("duplicates", 0)
        if "results" not in answer:
            print(json.dumps(answer), file=sys.stderr)
        for result in answer.get("results", []):
            if result["status"] not in ("accepted", "duplicate"):
                print(json.dumps(result), file=sys.stderr)
    print(f"{accepted} accepted, {known} known before")


main()
