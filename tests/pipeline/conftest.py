"""The pipeline works under the same observation as under faults: no secret told, no post twice, nothing left open."""

from __future__ import annotations

from tests.faults.conftest import settings, ward

__all__ = ["settings", "ward"]
