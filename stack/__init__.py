"""Everything that runs around the archive on one machine: object store, databases, Airflow, one supervisor.

Children bind 127.0.0.1 only. `archive` never imports this package.
"""
