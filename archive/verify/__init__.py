"""verify: does the bucket still hold what its log says it holds, and does the log still say what it said?

    log ──audit──► leaves, roots ─┬─► objects against their leaves, records, observations, snapshots, seed links
                                  ├─► what has no leaf: waiting, or added unlogged
                                  └─► what others kept: time stamps, cosignatures, the book, this machine's memory

Nothing is written to the bucket. Pure: `finding shelf tree signers warcs readings`; the rest reads the store.
"""

from archive.verify.finding import FAULTS, Finding, Report

__all__ = ["FAULTS", "Finding", "Report"]
