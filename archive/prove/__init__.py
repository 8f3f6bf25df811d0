"""Evidence bundles: one zip that proves what an article said, checked without us (docs/EVIDENCE.md).

choose (which captures) ─► gather (their bytes, leaves, proofs) ─► report, readme ─► bundle (the zip)
                                                                                        └─► check
"""

from __future__ import annotations

from archive.prove.checking import check, examine

__all__ = ["check", "examine"]
