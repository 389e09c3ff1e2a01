"""Downloads of images: whole, guarded, without the token."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

import linkedin_media as lm
from linkedin_media.simulator import Answer, Fault, HalfBody, Reset
from tests.client.library import add_image, calls, client_of
from tests.simulator.caller import png

if TYPE_CHECKING:
    from linkedin_media.simulator import ThreadedSimulator


@pytest.fixture
async def client(linkedin_simulator: ThreadedSimulator) -> Any:
    async with client_of(linkedin_simulator) as client:
        yield client


@pytest.fixture
async def image(client: lm.LinkedInClient, linkedin_simulator: ThreadedSimulator) -> lm.Image:
    return await client.images.get(await add_image(client, linkedin_simulator))


async def test_an_image_is_downloaded_by_its_urn(
    client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image, tmp_path: Path
) -> None:
    downloaded = await client.images.download(image.id, tmp_path / "a.png")

    assert (tmp_path / "a.png").read_bytes() == png()
    assert downloaded == lm.DownloadedImage(image=image.id, size=len(png()), content_type="image/png")
    assert calls(linkedin_simulator)[-2:] == ["images.get", "downloads.get"]


async def test_an_image_in_hand_is_not_asked_for_again(
    client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image, tmp_path: Path
) -> None:
    await client.images.download(image, str(tmp_path / "a.png"))

    assert calls(linkedin_simulator, "images.get") == ["images.get"]


async def test_the_token_stays_at_home(client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image) -> None:
    headers = []
    linkedin_simulator.on_call(lambda call: headers.append({name.lower() for name in call.headers}))

    await client.images.download(image, io.BytesIO())

    assert "authorization" not in headers[-1]
    assert not any(name.startswith(("x-restli", "linkedin")) for name in headers[-1])


async def test_an_address_that_has_expired_is_asked_for_anew(
    client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image
) -> None:
    assert image.download_url_expires_at is not None
    old = attrs.evolve(image, download_url_expires_at=client.clock.now() - timedelta(seconds=1))

    await client.images.download(old, io.BytesIO())

    assert calls(linkedin_simulator, "images.get", "downloads.get") == ["images.get", "images.get", "downloads.get"]


async def test_an_address_that_is_refused_says_to_get_the_image_again(
    client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image, tmp_path: Path
) -> None:
    assert image.download_url is not None
    forged = attrs.evolve(image, download_url=image.download_url + "x")

    with pytest.raises(lm.UnexpectedReply, match="answered 403") as caught:
        await client.images.download(forged, tmp_path / "a.png")

    assert "get the image again" in caught.value.hint
    assert calls(linkedin_simulator, "downloads.get") == ["downloads.get"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", ["WAITING_UPLOAD", "PROCESSING", "PROCESSING_FAILED", "QUARANTINED"])
async def test_the_status_decides_and_not_the_address(
    client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image, status: str
) -> None:
    with pytest.raises(lm.InvalidArgument, match=f"is {status}"):
        await client.images.download(attrs.evolve(image, status=status), io.BytesIO())

    assert calls(linkedin_simulator, "downloads.get") == []


async def test_an_image_without_an_address_is_refused(client: lm.LinkedInClient) -> None:
    with pytest.raises(lm.InvalidArgument, match="has no download URL"):
        await client.images.download(lm.Image(id="urn:li:image:a", status="AVAILABLE"), io.BytesIO())


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "https://licdn.com.example.com/a.png",
        "http://media.licdn.com/a.png",
        "https://user@media.licdn.com/a.png",
    ],
)
async def test_an_address_that_is_not_linkedins_is_not_visited(
    client: lm.LinkedInClient, image: lm.Image, tmp_path: Path, url: str
) -> None:
    with pytest.raises(lm.UntrustedHost) as caught:
        await client.images.download(attrs.evolve(image, download_url=url), tmp_path / "a.png")

    assert url not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", [Reset(), Answer(status=503), HalfBody()], ids=["reset", "503", "cut"])
async def test_a_download_that_breaks_is_begun_anew(
    client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image, tmp_path: Path, fault: Any
) -> None:
    linkedin_simulator.faults.add(Fault(on="downloads.get", action=fault, when="after", nth=1))

    await client.images.download(image, tmp_path / "a.png")

    assert (tmp_path / "a.png").read_bytes() == png()
    assert calls(linkedin_simulator, "downloads.get") == ["downloads.get"] * 2
    assert len(list(tmp_path.iterdir())) == 1


async def test_a_download_that_always_breaks_fails_and_leaves_nothing(
    client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image, tmp_path: Path
) -> None:
    linkedin_simulator.faults.add(Fault(on="downloads.get", action=HalfBody(), when="after"))

    with pytest.raises(lm.ConnectionLost):
        await client.images.download(image, tmp_path / "a.png")

    assert calls(linkedin_simulator, "downloads.get") == ["downloads.get"] * client.retry.max_attempts
    assert list(tmp_path.iterdir()) == []


async def test_what_a_stream_has_taken_is_not_sent_again(
    client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image
) -> None:
    linkedin_simulator.faults.add(Fault(on="downloads.get", action=HalfBody(), when="after"))
    taken = io.BytesIO()

    with pytest.raises(lm.ConnectionLost):
        await client.images.download(image, taken)

    assert calls(linkedin_simulator, "downloads.get") == ["downloads.get"]
    assert png().startswith(taken.getvalue())
    assert taken.getvalue()


async def test_what_a_stream_raises_comes_out_as_it_is(client: lm.LinkedInClient, image: lm.Image) -> None:
    class Full:
        def write(self, data: bytes, /) -> None:
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        await client.images.download(image, Full())


async def test_a_disk_that_refuses_is_told_from_a_connection_that_breaks(
    client: lm.LinkedInClient, linkedin_simulator: Any, image: lm.Image, tmp_path: Path
) -> None:
    with pytest.raises(lm.FileUnwritable):
        await client.images.download(image, tmp_path / "gone" / "a.png")

    assert calls(linkedin_simulator, "downloads.get") == []


async def test_a_download_has_a_deadline(
    linkedin_simulator: Any, client: lm.LinkedInClient, image: lm.Image, tmp_path: Path
) -> None:
    linkedin_simulator.faults.add(Fault(on="downloads.get", action=HalfBody(then="stall"), when="after"))
    impatient = lm.RetryPolicy(max_attempts=1)

    async with client_of(linkedin_simulator, retry=impatient) as other:
        with pytest.raises(lm.DeadlineExceeded, match=r"0\.05"):
            await other.images.download(image, tmp_path / "a.png", timeout=0.05)

    assert list(tmp_path.iterdir()) == []


async def test_a_download_that_makes_no_progress_ends(
    linkedin_simulator: Any, client: lm.LinkedInClient, image: lm.Image, tmp_path: Path
) -> None:
    linkedin_simulator.faults.add(Fault(on="downloads.get", action=HalfBody(then="stall"), when="after"))
    options = {"retry": lm.RetryPolicy(max_attempts=1), "timeouts": lm.Timeouts(stall=0.05)}

    async with client_of(linkedin_simulator, **options) as other:
        with pytest.raises(lm.DeadlineExceeded, match="nothing"):
            await other.images.download(image, tmp_path / "a.png")
