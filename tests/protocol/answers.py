"""LinkedIn's answers as the tests make them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from linkedin_media.protocol.wire import Headers, Response

SAMPLES: Final = Path(__file__).parents[1] / "samples"


def sample(name: str) -> Any:
    """The JSON of an answer that LinkedIn's pages show."""
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def answer(body: Any) -> Response:
    """A 200 with this JSON."""
    return Response(status=200, headers=Headers({"x-li-uuid": "request-1"}), body=json.dumps(body).encode())
