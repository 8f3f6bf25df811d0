"""The operators' house: pages on the archive in Airflow's frame. Text from snapshots only, never archived HTML."""
