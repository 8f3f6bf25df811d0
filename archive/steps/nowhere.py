"""The site's own answer to an address that cannot exist, as far as this machine knows it: for extract."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from archive import judge, observation, warc
from archive.errors import Broken
from archive.likeness import Fingerprint
from archive.outlet import Outlet
from archive.steps.workshop import Workshop
from archive.warc import StoredCapture

KIND = "nowhere"  # of channel


@dataclass
class Nowhere:
    """The newest answer: of the file in hand, else of a file before it, else of the catalog."""

    shop: Workshop
    outlet: Outlet
    known: Fingerprint | None = None
    _asked: bool = field(default=False, repr=False)

    def of(self, captures: Iterable[StoredCapture]) -> Fingerprint | None:
        """What the pages of one file are compared with; None when the site was never asked, or did not answer."""
        probes = [one for one in captures if one.note.role == "channel" and one.note.channel == KIND]
        found = [made for one in probes if (made := judge.fingerprint(one, self.outlet)) is not None]
        if found:
            self.known = found[-1]
        elif self.known is None and not self._asked:
            self.known = self._kept()
        self._asked = True
        return self.known

    def _kept(self) -> Fingerprint | None:
        place = self.shop.catalog.nowhere(self.outlet.name)
        if place is None:
            return None
        key, number = place
        try:
            line = observation.load(self.shop.store.get(key))[number]
            member = self.shop.store.get(line.warc, line.offset, line.length)
            return judge.fingerprint(warc.capture_at(member, line.offset), self.outlet)
        except (KeyError, IndexError, Broken) as error:  # a damaged object keeps no page from being read; verify finds it
            self.shop.say(f"extract: the answer to an address that cannot exist is not read again: {key}: {error}")
            return None
