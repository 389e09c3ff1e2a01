"""What answers with many entities hold: pages and batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import attrs

from ..errors import LinkedInMediaError

K = TypeVar("K")
T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Page(Generic[T]):
    """One page of a finder. `next_start` is where the next one begins, None where LinkedIn offers none."""

    elements: Sequence[T]
    start: int = 0
    count: int = 0
    total: int | None = None
    next_start: int | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.elements)

    def __len__(self) -> int:
        return len(self.elements)


@attrs.frozen(kw_only=True)
class BatchResult(Generic[K, T]):
    """The answer to a batch get: everything asked for is in `results` or, with the reason, in `errors`."""

    results: Mapping[K, T]
    errors: Mapping[K, LinkedInMediaError]

    def __getitem__(self, key: K) -> T:
        """Return the entity, or raise the error LinkedIn gave for it."""
        if key in self.errors:
            raise self.errors[key]
        return self.results[key]

    def __len__(self) -> int:
        return len(self.results) + len(self.errors)
