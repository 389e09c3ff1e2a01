"""Post images to LinkedIn from async Python: validated, streamed, polled, and posted once.

Everything public is here, ``import linkedin_media as lm``, and is loaded when first used: importing this package imports
neither aiohttp nor Pillow. A new name goes into both tables below; ``tests/test_public_api.py`` holds them together.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .client.auth import (
        RenewingProvider as RenewingProvider,
        TokenProvider as TokenProvider,
    )
    from .client.doctor import (
        doctor as doctor,
    )
    from .client.oauth import (
        SignIn as SignIn,
        new_state as new_state,
    )
    from .client.paging import (
        Pages as Pages,
    )
    from .client.refresh import (
        StoredTokenProvider as StoredTokenProvider,
    )
    from .client.session import (
        LinkedInClient as LinkedInClient,
    )
    from .client.token_file import (
        FileStore as FileStore,
    )
    from .client.tokens import (
        TokenStore as TokenStore,
        token_store as token_store,
    )
    from .destination import (
        Writable as Writable,
    )
    from .errors import (
        ApiError as ApiError,
        BadRequest as BadRequest,
        Conflict as Conflict,
        ConnectionFailed as ConnectionFailed,
        ConnectionLost as ConnectionLost,
        DeadlineExceeded as DeadlineExceeded,
        DuplicatePost as DuplicatePost,
        FileChanged as FileChanged,
        FileUnreadable as FileUnreadable,
        FileUnwritable as FileUnwritable,
        Forbidden as Forbidden,
        InputError as InputError,
        Interrupted as Interrupted,
        InvalidArgument as InvalidArgument,
        InvalidImage as InvalidImage,
        InvalidManifest as InvalidManifest,
        LedgerBusy as LedgerBusy,
        LedgerError as LedgerError,
        LedgerUnusable as LedgerUnusable,
        LinkedInMediaError as LinkedInMediaError,
        LostLease as LostLease,
        ManifestProblem as ManifestProblem,
        NeverUploaded as NeverUploaded,
        NotFound as NotFound,
        NotSentInTime as NotSentInTime,
        PollTimeout as PollTimeout,
        PostOutcomeUnknown as PostOutcomeUnknown,
        ProcessingFailed as ProcessingFailed,
        RateLimited as RateLimited,
        RestliSyntaxError as RestliSyntaxError,
        ServerError as ServerError,
        SignInError as SignInError,
        TokenRefused as TokenRefused,
        TransportError as TransportError,
        Unauthorized as Unauthorized,
        UnexpectedReply as UnexpectedReply,
        UnprocessableEntity as UnprocessableEntity,
        UntrustedHost as UntrustedHost,
        UploadExpired as UploadExpired,
        UploadIncomplete as UploadIncomplete,
        UploadStalled as UploadStalled,
        VersionSunset as VersionSunset,
        Violation as Violation,
    )
    from .ingest.jobs import (
        JobSpec as JobSpec,
    )
    from .ingest.ledger import (
        Ledger as Ledger,
    )
    from .ingest.manifest import (
        read_manifest as read_manifest,
    )
    from .ingest.metrics import (
        Metrics as Metrics,
    )
    from .ingest.options import (
        IngestOptions as IngestOptions,
    )
    from .ingest.reconciling import (
        Reconciliation as Reconciliation,
    )
    from .ingest.results import (
        IngestResult as IngestResult,
    )
    from .ingest.runner import (
        Ingest as Ingest,
    )
    from .ingest.states import (
        JobState as JobState,
    )
    from .model.article import (
        Article as Article,
        ArticleAuthor as ArticleAuthor,
        ArticleBody as ArticleBody,
        ArticleLocale as ArticleLocale,
        ArticleState as ArticleState,
        AttributedText as AttributedText,
        AuthorType as AuthorType,
        CoverImage as CoverImage,
        CropInfo as CropInfo,
        CroppedImage as CroppedImage,
        HtmlContent as HtmlContent,
    )
    from .model.article_urls import (
        media_url as media_url,
        permlink_of as permlink_of,
        pulse_url as pulse_url,
    )
    from .model.check import (
        Check as Check,
        CheckStatus as CheckStatus,
    )
    from .model.collection import (
        BatchResult as BatchResult,
        Page as Page,
    )
    from .model.decoration import (
        Decoration as Decoration,
        PlayableStream as PlayableStream,
        StillImage as StillImage,
        StorageSize as StorageSize,
        StreamData as StreamData,
        StreamIdentifier as StreamIdentifier,
    )
    from .model.image import (
        DownloadedImage as DownloadedImage,
        Image as Image,
        InitializedUpload as InitializedUpload,
        MediaLibraryMetadata as MediaLibraryMetadata,
        MediaLibraryStatus as MediaLibraryStatus,
        MediaStatus as MediaStatus,
        UploadedImage as UploadedImage,
        ValidatedImage as ValidatedImage,
    )
    from .model.job import (
        AsyncReadable as AsyncReadable,
        ImageSource as ImageSource,
        Job as Job,
    )
    from .model.post import (
        ArticleContent as ArticleContent,
        CreatedPost as CreatedPost,
        Distribution as Distribution,
        FeedDistribution as FeedDistribution,
        ImageContent as ImageContent,
        LifecycleState as LifecycleState,
        LifecycleStateInfo as LifecycleStateInfo,
        MultiImageContent as MultiImageContent,
        OtherContent as OtherContent,
        Post as Post,
        PostDraft as PostDraft,
        Visibility as Visibility,
    )
    from .model.secret import (
        Secret as Secret,
    )
    from .model.social import (
        AuditStamp as AuditStamp,
        Comment as Comment,
        CommentContent as CommentContent,
        CommentsState as CommentsState,
        CommentsSummary as CommentsSummary,
        Like as Like,
        LikesSummary as LikesSummary,
        SocialSummary as SocialSummary,
    )
    from .model.token import (
        Introspection as Introspection,
        StoredToken as StoredToken,
    )
    from .model.urn import (
        Urn as Urn,
    )
    from .options import (
        DEFAULT_VERSION as DEFAULT_VERSION,
        Concurrency as Concurrency,
        ImageRules as ImageRules,
        PollPolicy as PollPolicy,
        RetryPolicy as RetryPolicy,
        Timeouts as Timeouts,
    )
    from .pipeline.events import (
        Event as Event,
        Observer as Observer,
        Stage as Stage,
        StageFailed as StageFailed,
        StageFinished as StageFinished,
        StageStarted as StageStarted,
        UploadProgress as UploadProgress,
    )
    from .pipeline.outcomes import (
        Failed as Failed,
        Outcome as Outcome,
        Published as Published,
        Unknown as Unknown,
        Uploaded as Uploaded,
    )
    from .pipeline.pipeline import (
        Pipeline as Pipeline,
    )
    from .protocol.oauth_replies import (
        read_callback as read_callback,
    )
    from .protocol.projection import (
        P as P,
        Projection as Projection,
    )
    from .protocol.text import (
        Hashtag as Hashtag,
        LittleText as LittleText,
        Mention as Mention,
    )

    __version__: str

_NAMES: Final = {
    "client.auth": (
        "RenewingProvider",
        "TokenProvider",
    ),
    "client.doctor": ("doctor",),
    "client.oauth": (
        "SignIn",
        "new_state",
    ),
    "client.paging": ("Pages",),
    "client.refresh": ("StoredTokenProvider",),
    "client.session": ("LinkedInClient",),
    "client.token_file": ("FileStore",),
    "client.tokens": (
        "TokenStore",
        "token_store",
    ),
    "destination": ("Writable",),
    "errors": (
        "ApiError",
        "BadRequest",
        "Conflict",
        "ConnectionFailed",
        "ConnectionLost",
        "DeadlineExceeded",
        "DuplicatePost",
        "FileChanged",
        "FileUnreadable",
        "FileUnwritable",
        "Forbidden",
        "InputError",
        "Interrupted",
        "InvalidArgument",
        "InvalidImage",
        "InvalidManifest",
        "LedgerBusy",
        "LedgerError",
        "LedgerUnusable",
        "LinkedInMediaError",
        "LostLease",
        "ManifestProblem",
        "NeverUploaded",
        "NotFound",
        "NotSentInTime",
        "PollTimeout",
        "PostOutcomeUnknown",
        "ProcessingFailed",
        "RateLimited",
        "RestliSyntaxError",
        "ServerError",
        "SignInError",
        "TokenRefused",
        "TransportError",
        "Unauthorized",
        "UnexpectedReply",
        "UnprocessableEntity",
        "UntrustedHost",
        "UploadExpired",
        "UploadIncomplete",
        "UploadStalled",
        "VersionSunset",
        "Violation",
    ),
    "ingest.jobs": ("JobSpec",),
    "ingest.ledger": ("Ledger",),
    "ingest.manifest": ("read_manifest",),
    "ingest.metrics": ("Metrics",),
    "ingest.options": ("IngestOptions",),
    "ingest.reconciling": ("Reconciliation",),
    "ingest.results": ("IngestResult",),
    "ingest.runner": ("Ingest",),
    "ingest.states": ("JobState",),
    "model.article": (
        "Article",
        "ArticleAuthor",
        "ArticleBody",
        "ArticleLocale",
        "ArticleState",
        "AttributedText",
        "AuthorType",
        "CoverImage",
        "CropInfo",
        "CroppedImage",
        "HtmlContent",
    ),
    "model.article_urls": (
        "media_url",
        "permlink_of",
        "pulse_url",
    ),
    "model.check": (
        "Check",
        "CheckStatus",
    ),
    "model.collection": (
        "BatchResult",
        "Page",
    ),
    "model.decoration": (
        "Decoration",
        "PlayableStream",
        "StillImage",
        "StorageSize",
        "StreamData",
        "StreamIdentifier",
    ),
    "model.image": (
        "DownloadedImage",
        "Image",
        "InitializedUpload",
        "MediaLibraryMetadata",
        "MediaLibraryStatus",
        "MediaStatus",
        "UploadedImage",
        "ValidatedImage",
    ),
    "model.job": (
        "AsyncReadable",
        "ImageSource",
        "Job",
    ),
    "model.post": (
        "ArticleContent",
        "CreatedPost",
        "Distribution",
        "FeedDistribution",
        "ImageContent",
        "LifecycleState",
        "LifecycleStateInfo",
        "MultiImageContent",
        "OtherContent",
        "Post",
        "PostDraft",
        "Visibility",
    ),
    "model.secret": ("Secret",),
    "model.social": (
        "AuditStamp",
        "Comment",
        "CommentContent",
        "CommentsState",
        "CommentsSummary",
        "Like",
        "LikesSummary",
        "SocialSummary",
    ),
    "model.token": (
        "Introspection",
        "StoredToken",
    ),
    "model.urn": ("Urn",),
    "options": (
        "Concurrency",
        "DEFAULT_VERSION",
        "ImageRules",
        "PollPolicy",
        "RetryPolicy",
        "Timeouts",
    ),
    "pipeline.events": (
        "Event",
        "Observer",
        "Stage",
        "StageFailed",
        "StageFinished",
        "StageStarted",
        "UploadProgress",
    ),
    "pipeline.outcomes": (
        "Failed",
        "Outcome",
        "Published",
        "Unknown",
        "Uploaded",
    ),
    "pipeline.pipeline": ("Pipeline",),
    "protocol.oauth_replies": ("read_callback",),
    "protocol.projection": (
        "P",
        "Projection",
    ),
    "protocol.text": (
        "Hashtag",
        "LittleText",
        "Mention",
    ),
}
_HOMES: Final = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOMES)  # noqa: PLE0605 -- one table less to keep


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
