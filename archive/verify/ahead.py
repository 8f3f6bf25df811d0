"""Objects of a store in a given order, fetched by several threads a little ahead of who works on them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

from archive.store import Store

WINDOW = 48  # objects on their way at a time
_In = TypeVar("_In")
_Out = TypeVar("_Out")


def ahead(
    pool: Executor, work: Callable[[_In], _Out], items: Iterable[_In], window: int = WINDOW
) -> Iterator[tuple[_In, _Out]]:
    """Each item with what `work` made of it, in their order. No more than `window` results are held."""
    waiting: deque[tuple[_In, Future[_Out]]] = deque()
    try:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) >= window:
                first, done = waiting.popleft()
                yield first, done.result()
        while waiting:
            first, done = waiting.popleft()
            yield first, done.result()
    finally:
        for _, left in waiting:
            left.cancel()


def held(store: Store, key: str) -> bytes | None:
    """The object, or None when there is none. From a store that can, with less ado (archive.s3_quick)."""
    read: Callable[[str], bytes] = getattr(store, "read", store.get)
    try:
        return read(key)
    except KeyError:
        return None
