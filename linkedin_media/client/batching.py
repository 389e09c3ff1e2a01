"""Getting many entities: a batch get for some keys at a time, a few batches at once, nothing asked for goes missing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import attrs

from ..errors import ApiError, Forbidden, InvalidArgument, LinkedInMediaError, Unauthorized, VersionSunset
from ..model.collection import BatchResult
from ..protocol.hints import names_permission
from ..protocol.wire import Request, Response

if TYPE_CHECKING:
    from .session import LinkedInClient

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

DEFAULT_BATCH: Final = 50
"""Keys of one batch get: LinkedIn documents no limit, and this many URNs stay below its limit of a query."""

_FATAL: Final = (Unauthorized, VersionSunset)


@attrs.define(kw_only=True, eq=False)
class BatchGet(Generic[K, T]):
    """The batch get of one resource, for one user's call.

    Some applications may not use it (the Development tier of LinkedIn's Community Management API): where LinkedIn refuses
    it, the keys are asked for one by one.
    """

    client: LinkedInClient
    get: Callable[[K], Awaitable[T]]
    build: Callable[[Sequence[K]], Request]
    parse: Callable[[Request, Response, Sequence[K], datetime], BatchResult[K, T]]
    _may_batch: bool = attrs.field(default=True, init=False)
    _refusal: Forbidden | None = attrs.field(default=None, init=False)

    async def all(self, keys: Iterable[K], *, size: int = DEFAULT_BATCH) -> BatchResult[K, T]:
        """Return all of `keys`, each once, `size` a call. A call that fails marks each of its keys with its error.

        Raises:
            InvalidArgument: `size` is not positive.
            Unauthorized, VersionSunset: What is wrong concerns every call.
        """
        if size < 1:
            raise InvalidArgument(f"batch_size={size}: must be at least 1", argument="batch_size")
        wanted = list(dict.fromkeys(keys))
        chunks = iter([wanted[start : start + size] for start in range(0, len(wanted), size)])
        answer = await self._work_off(chunks)
        return BatchResult(
            results={key: answer.results[key] for key in wanted if key in answer.results},
            errors={key: answer.errors[key] for key in wanted if key in answer.errors},
        )

    async def chunk(self, keys: Sequence[K]) -> BatchResult[K, T]:
        """Return a few with one call: a batch get, or a plain get where there is only one."""
        if len(keys) == 1:
            try:
                return BatchResult(results={keys[0]: await self.get(keys[0])}, errors={})
            except ApiError as error:
                return BatchResult(results={}, errors={keys[0]: error})
        request = self.build(keys)
        response = await self.client.send(request)
        return self.parse(request, response, keys, self.client.clock.now())

    async def _work_off(self, chunks: Iterator[Sequence[K]]) -> BatchResult[K, T]:
        parts: list[BatchResult[K, T]] = []

        async def work() -> None:
            parts.extend([await self._settled(chunk) for chunk in chunks])

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.client.concurrency.poll):
                    group.create_task(work())
            return _joined(parts)
        except BaseExceptionGroup as failures:
            failure = failures.exceptions[0]
        raise failure

    async def _settled(self, chunk: Sequence[K]) -> BatchResult[K, T]:
        """Return the answers for `chunk`, or its error for each of its keys."""
        if self._refusal is not None:
            return BatchResult(results={}, errors=dict.fromkeys(chunk, self._refusal))
        if len(chunk) > 1 and not self._may_batch:
            return await self._singly(chunk)
        try:
            return self._judged(await self.chunk(chunk))
        except _FATAL:
            raise
        except Forbidden:
            self._may_batch = False
        except LinkedInMediaError as error:
            return BatchResult(results={}, errors=dict.fromkeys(chunk, error))
        return await self._singly(chunk)

    async def _singly(self, chunk: Sequence[K]) -> BatchResult[K, T]:
        return _joined([await self._settled([key]) for key in chunk])

    def _judged(self, answer: BatchResult[K, T]) -> BatchResult[K, T]:
        """Note what the answer for a single key says about all of them."""
        if len(answer) == 1:
            for error in answer.errors.values():
                if isinstance(error, _FATAL):
                    raise error
                if isinstance(error, Forbidden) and not self._may_batch and names_permission(error.message):
                    self._refusal = error  # neither many nor one: the token may not read at all
        return answer


def _joined(parts: Sequence[BatchResult[K, T]]) -> BatchResult[K, T]:
    return BatchResult(
        results={key: value for part in parts for key, value in part.results.items()},
        errors={key: error for part in parts for key, error in part.errors.items()},
    )
