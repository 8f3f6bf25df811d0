"""The append-only log over everything the archive holds: C2SP tlog-tiles as static objects under `log/` (docs/FORMAT.md).

    leaf ─► batch (claimed with a conditional put: the only sequencer) ─► tiles ─► signed checkpoint

`merkle`, `note` and `leaf` are pure; `writer` appends, `reader` proves.
"""
