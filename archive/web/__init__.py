"""Three read-only pages on the archive: Changes, Article, Compare. Text from snapshots only, never archived HTML."""
