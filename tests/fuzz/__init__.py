"""Hostile and odd pages, read whole by `archive.judge`: none may crash it, take over 10 s, or use over 500 MB."""
