"""Post images to LinkedIn from async Python: validated, streamed, polled, and posted once.

Everything public is here, ``import linkedin_media as lm``, and is loaded when first used: importing this package imports
neither aiohttp nor Pillow. A new name goes into the three tables below; ``tests/test_public_api.py`` holds them together.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .errors import (
        ApiError,
        BadRequest,
        Conflict,
        ConnectionFailed,
        ConnectionLost,
        DeadlineExceeded,
        DuplicatePost,
        FileChanged,
        FileUnreadable,
        Forbidden,
        InputError,
        InvalidArgument,
        InvalidImage,
        LinkedInMediaError,
        NotFound,
        PollTimeout,
        PostOutcomeUnknown,
        ProcessingFailed,
        RateLimited,
        RestliSyntaxError,
        ServerError,
        TransportError,
        Unauthorized,
        UnexpectedReply,
        UnprocessableEntity,
        UntrustedHost,
        UploadExpired,
        UploadIncomplete,
        UploadStalled,
        VersionSunset,
        Violation,
    )
    from .model.collection import (
        BatchResult,
        Page,
    )
    from .model.image import (
        Image,
        InitializedUpload,
        MediaLibraryMetadata,
        MediaLibraryStatus,
        MediaStatus,
        UploadedImage,
        ValidatedImage,
    )
    from .model.post import (
        ArticleContent,
        CreatedPost,
        Distribution,
        FeedDistribution,
        ImageContent,
        LifecycleState,
        LifecycleStateInfo,
        MultiImageContent,
        OtherContent,
        Post,
        PostDraft,
        Visibility,
    )
    from .model.urn import (
        Urn,
    )
    from .options import (
        DEFAULT_VERSION,
        Concurrency,
        ImageRules,
        PollPolicy,
        RetryPolicy,
        Timeouts,
    )

    __version__: str

__all__ = [
    "ApiError",
    "ArticleContent",
    "BadRequest",
    "BatchResult",
    "Concurrency",
    "Conflict",
    "ConnectionFailed",
    "ConnectionLost",
    "CreatedPost",
    "DEFAULT_VERSION",
    "DeadlineExceeded",
    "Distribution",
    "DuplicatePost",
    "FeedDistribution",
    "FileChanged",
    "FileUnreadable",
    "Forbidden",
    "Image",
    "ImageContent",
    "ImageRules",
    "InitializedUpload",
    "InputError",
    "InvalidArgument",
    "InvalidImage",
    "LifecycleState",
    "LifecycleStateInfo",
    "LinkedInMediaError",
    "MediaLibraryMetadata",
    "MediaLibraryStatus",
    "MediaStatus",
    "MultiImageContent",
    "NotFound",
    "OtherContent",
    "Page",
    "PollPolicy",
    "PollTimeout",
    "Post",
    "PostDraft",
    "PostOutcomeUnknown",
    "ProcessingFailed",
    "RateLimited",
    "RestliSyntaxError",
    "RetryPolicy",
    "ServerError",
    "Timeouts",
    "TransportError",
    "Unauthorized",
    "UnexpectedReply",
    "UnprocessableEntity",
    "UntrustedHost",
    "UploadExpired",
    "UploadIncomplete",
    "UploadStalled",
    "UploadedImage",
    "Urn",
    "ValidatedImage",
    "VersionSunset",
    "Violation",
    "Visibility",
]

_HOMES: Final = {
    "ApiError": "errors",
    "ArticleContent": "model.post",
    "BadRequest": "errors",
    "BatchResult": "model.collection",
    "Concurrency": "options",
    "Conflict": "errors",
    "ConnectionFailed": "errors",
    "ConnectionLost": "errors",
    "CreatedPost": "model.post",
    "DEFAULT_VERSION": "options",
    "DeadlineExceeded": "errors",
    "Distribution": "model.post",
    "DuplicatePost": "errors",
    "FeedDistribution": "model.post",
    "FileChanged": "errors",
    "FileUnreadable": "errors",
    "Forbidden": "errors",
    "Image": "model.image",
    "ImageContent": "model.post",
    "ImageRules": "options",
    "InitializedUpload": "model.image",
    "InputError": "errors",
    "InvalidArgument": "errors",
    "InvalidImage": "errors",
    "LifecycleState": "model.post",
    "LifecycleStateInfo": "model.post",
    "LinkedInMediaError": "errors",
    "MediaLibraryMetadata": "model.image",
    "MediaLibraryStatus": "model.image",
    "MediaStatus": "model.image",
    "MultiImageContent": "model.post",
    "NotFound": "errors",
    "OtherContent": "model.post",
    "Page": "model.collection",
    "PollPolicy": "options",
    "PollTimeout": "errors",
    "Post": "model.post",
    "PostDraft": "model.post",
    "PostOutcomeUnknown": "errors",
    "ProcessingFailed": "errors",
    "RateLimited": "errors",
    "RestliSyntaxError": "errors",
    "RetryPolicy": "options",
    "ServerError": "errors",
    "Timeouts": "options",
    "TransportError": "errors",
    "Unauthorized": "errors",
    "UnexpectedReply": "errors",
    "UnprocessableEntity": "errors",
    "UntrustedHost": "errors",
    "UploadExpired": "errors",
    "UploadIncomplete": "errors",
    "UploadStalled": "errors",
    "UploadedImage": "model.image",
    "Urn": "model.urn",
    "ValidatedImage": "model.image",
    "VersionSunset": "errors",
    "Violation": "errors",
    "Visibility": "model.post",
}


if not TYPE_CHECKING:  # a type checker that saw this would believe in any name

    def __getattr__(name: str) -> object:
        if name == "__version__":
            value = _installed_version()
        elif name in _HOMES:
            value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def _installed_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("linkedin-media")
    except PackageNotFoundError:
        return "0+source"  # a checkout that nobody installed
