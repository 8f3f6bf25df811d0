"""Attacks on a real bucket: each must be noticed by `warraq verify` and named right, and nothing else may be (make attacks)."""
