"""What the bucket holds and the log does not, sorted for `warraq repair`: what may be logged, and who must say so first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archive import acts, keys, observation, snapshot
from archive.errors import BadRecord, Broken
from archive.keys import Stem
from archive.log.leaf import Unit, of_object
from archive.observation import Observation
from archive.steps import pending, unlogged
from archive.store import Store
from archive.verify.readings import snapshot_faults
from archive.verify.strays import Strays

SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Leftover:
    """What one unit of the log could be about, and is not."""

    key: str  # of the unit
    what: str
    accept: bool = False  # whether a person must accept it first: somebody else may have put it there
    problem: str = ""  # why it cannot be logged at all
    files: tuple[str, ...] = field(default=(), repr=False)  # of a set of seed files, SHA256SUMS first


class Sorting:
    """Sorts the objects without a leaf. `has(key)`: whether the log has a leaf for it."""

    def __init__(self, store: Store, now: datetime, has: Callable[[str], bool]) -> None:
        self.store, self.now, self.has = store, now, has

    def sort(self, strays: Strays) -> list[Leftover]:
        stems = sorted(set.union(*strays.files.values()), key=str)
        files = [self._file(stem, strays) for stem in stems]
        named = {key for stem in strays.files["observations"] for key in self._snapshots_of(stem)}
        found = [*files, *(self._plan(key) for key in sorted(strays.plans))]
        found += [self._snapshot(key) for key in sorted(strays.snapshots) if key not in named]
        found += [self._act(key) for key in sorted(strays.others) if key.startswith(acts.PREFIX)]
        found += self._seeds(key for key in strays.others if key.startswith("seeds/"))
        strange = [key for key in strays.others if key.startswith("meta/")] + strays.strangers
        return found + [Leftover(key, "a stranger", problem="no archive has an object of this name") for key in sorted(strange)]

    def unit(self, one: Leftover) -> Unit:
        """The unit of anything but a WARC, which seal makes."""
        kind = {"plans": "plan", "snapshots": "snapshot", "acts": "act", "seeds": "seed"}[one.key.partition("/")[0]]
        return Unit(tuple(of_object(kind, key, self.store.get(key)) for key in one.files or (one.key,)))

    def _problem(self, key: str) -> str:
        try:
            unlogged.look(self.store, key, self.store.get(key))
        except KeyError as error:
            return f"{error.args[0]} is missing"
        except Broken as error:
            return error.what
        return ""

    def _file(self, stem: Stem, strays: Strays) -> Leftover:
        if stem not in strays.files["warc"]:
            here = stem.observations if stem in strays.files["observations"] else stem.cdxj
            return Leftover(here, "derived from a WARC", problem=f"{stem.warc} is not there, or was logged without it")
        what, accept = f"a WARC of a run of {keys.run_time(stem.run):%Y-%m-%d %H:%M} UTC", pending.late(stem.run, self.now)
        try:
            self.store.get(keys.plan(stem.outlet, stem.run), 0, 1)
        except KeyError:
            what, accept = f"{what} that has no plan", True
        return Leftover(stem.warc, what, accept, self._problem(stem.warc))

    def _plan(self, key: str) -> Leftover:
        problem = self._problem(key)
        late = not problem and pending.late(key.rpartition("/")[2].partition(".")[0], self.now)
        return Leftover(key, "a plan", late, problem)

    def _act(self, key: str) -> Leftover:
        problem = self._problem(key)
        when = self.now if problem else acts.load(self.store.get(key)).when
        return Leftover(key, f"an act of {when:%Y-%m-%d %H:%M} UTC", abs(self.now - when) > timedelta(days=2), problem)

    def _seeds(self, found: Iterable[str]) -> Iterator[Leftover]:
        sets: dict[str, list[str]] = {}
        for key in sorted(found):
            sets.setdefault(key.rpartition("/")[0], []).append(key)
        for folder, files in sets.items():
            sums = f"{folder}/{SUMS}"
            problem = next(filter(None, map(self._problem, files)), "")
            if sums not in files:
                problem = f"{sums} is not there or logged without them: run warraq seeds add again"
            elif not problem:
                names = [line.partition("  ")[2] for line in self.store.get(sums).decode().splitlines()]
                problem = "" if {f"{folder}/{name}" for name in names} == set(files) - {sums} else "the set is not whole"
            yield Leftover(sums, "a set of seed files", True, problem, (sums, *(key for key in files if key != sums)))

    def _snapshot(self, key: str) -> Leftover:
        problem = self._problem(key)
        if problem:
            return Leftover(key, "a snapshot", problem=problem)
        if self._follows(snapshot.load(self.store.get(key))):
            return Leftover(key, "a snapshot that says what was observed of its capture")
        return Leftover(key, "a snapshot that no observation names", accept=True)

    def _follows(self, held: dict[str, object]) -> bool:
        """Whether it says what a logged observation says of its capture: two workers read one file at once."""
        capture, reading = held.get("capture"), held.get("reading")
        if not isinstance(capture, dict) or not isinstance(reading, dict):
            return False
        stem = keys.parse_stem(str(capture.get("warc")))
        lines = self._lines(stem) if self.has(stem.warc) and self.has(stem.observations) else []
        return any(
            line.reading is not None
            and (line.warc, line.offset, line.reading.rules) == (stem.warc, capture.get("offset"), reading.get("rules"))
            and not list(snapshot_faults(held, line, line.reading))
            for line in lines
        )

    def _snapshots_of(self, stem: Stem) -> list[str]:
        return [line.reading.snapshot for line in self._lines(stem) if line.reading is not None and line.reading.snapshot]

    def _lines(self, stem: Stem) -> list[Observation]:
        try:
            return observation.load(self.store.get(stem.observations))
        except (KeyError, BadRecord):  # what is wrong with it is told where it is looked at
            return []
