"""Pages and batches."""

from __future__ import annotations

import pytest

from linkedin_media.errors import NotFound
from linkedin_media.model.collection import BatchResult, Page
from linkedin_media.model.urn import Urn


def test_a_page_is_its_elements() -> None:
    page = Page(elements=("a", "b"), next_start=2)

    assert (list(page), len(page), page.next_start) == (["a", "b"], 2, 2)


def test_a_batch_gives_the_entity_or_raises_its_own_error() -> None:
    missing = NotFound("Could not find entity", status=404)
    batch = BatchResult(results={Urn("urn:li:image:a"): 1}, errors={Urn("urn:li:image:b"): missing})

    assert batch["urn:li:image:a"] == 1
    assert len(batch) == 2
    with pytest.raises(NotFound) as caught:
        batch["urn:li:image:b"]
    assert caught.value is missing
    with pytest.raises(KeyError):
        batch["urn:li:image:c"]
