"""Warraq's archive: a functional core (what was captured, read, changed) and the thin shell around it."""
