"""How late the event loop wakes while uploads run, and while images are validated beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from statistics import quantiles
from typing import Any

import linkedin_media as lm
from linkedin_media.files import inspect_file

_BEAT = 0.005
_ENOUGH = 2
"""Beats that a percentile needs."""


@asynccontextmanager
async def watched(validate: dict[str, Any] | None, executor: Executor) -> AsyncIterator[dict[str, float]]:
    """Measure the lag of the event loop, and validate files the while; nothing where `validate` is None."""
    result: dict[str, float] = {}
    if validate is None:
        yield result
        return
    late: list[float] = []
    validated = [0]
    tasks = [asyncio.create_task(_beat(late))]
    for path in validate["files"]:
        look = _with_pillow(path) if validate["by"] == "pillow" else _with_ours(path, executor)
        tasks.append(asyncio.create_task(_again_and_again(look, validate["every"], validated)))
    try:
        yield result
    finally:
        while len(late) < _ENOUGH:  # a handful of images is done before the first beat
            await asyncio.sleep(_BEAT)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        cuts = quantiles(late, n=100)
        result.update(lag_p50=cuts[49], lag_p99=cuts[98], lag_max=max(late), validated=validated[0])


async def _beat(late: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _BEAT
        await asyncio.sleep(_BEAT)
        late.append(loop.time() - due)


async def _again_and_again(look: Callable[[], Any], every: float, validated: list[int]) -> None:
    while True:
        await look()
        validated[0] += 1
        await asyncio.sleep(every)


def _with_ours(path: str, executor: Executor) -> Callable[[], Any]:
    return lambda: inspect_file(lm.ImageSource(path), lm.ImageRules(), executor)


def _with_pillow(path: str) -> Callable[[], Any]:
    from PIL import Image

    def frames() -> int:
        with Image.open(path) as image:
            return getattr(image, "n_frames", 1)

    return lambda: asyncio.get_running_loop().run_in_executor(None, frames)
