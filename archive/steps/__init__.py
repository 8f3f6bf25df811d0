"""The five steps of a run, each a thin shell around a pure decision, each also a CLI command.

    plan → crawl → extract → seal → inspect

Every step reads what it needs from the bucket and the catalog, so each may run on another machine, and each
may be run again: what is there already is left as it is.
"""
