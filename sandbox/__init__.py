"""A small newsroom of our own, for the demo and the tests: it publishes, edits, deletes and restores on a timer.

Every text in here is invented, and so are its places and people. It listens on 127.0.0.1 only.
"""
