"""Models from JSON and back (cattrs): camelCase, epoch milliseconds, unknown keys kept, None never written."""

from __future__ import annotations

import math
import re
import types
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from ..errors import InvalidArgument, UnexpectedReply
from ..model.openness import DERIVED
from ..model.post import ArticleContent, Content, ImageContent, MultiImageContent, OtherContent
from ..model.urn import Urn

T = TypeVar("T")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_SECONDS_BELOW: Final = 10**11
"""Milliseconds that would end in 1973, which nothing of LinkedIn's does: they are seconds."""
_UNKNOWN: Final = "unknown_fields"
_ATTRIBUTE: Final = re.compile(r"(?<=\.)[a-z_]+")
_MODULE: Final = re.compile(r"\b(?:\w+\.)+")
_SPECIAL_KEYS: Final = {
    "urn": "$URN",
    "html_content": "com.linkedin.publishing.HtmlContent",
    "still_image": "com.linkedin.digitalmedia.mediaartifact.StillImage",
}
_CONTENT_KINDS: Final[Mapping[str, type]] = {
    "media": ImageContent,
    "multiImage": MultiImageContent,
    "article": ArticleContent,
}
_KIND_OF: Final = {cls: kind for kind, cls in _CONTENT_KINDS.items()}


def load(value: object, cls: type[T]) -> T:
    """Make a model of parsed JSON.

    Raises:
        UnexpectedReply: A field is missing or of the wrong type; the message names each, not its value.
    """
    try:
        return _converter.structure(value, cls)
    except BaseValidationError as error:
        problems = [_placed(problem) for problem in transform_error(error, format_exception=_problem)]
    except (TypeError, ValueError, KeyError, OverflowError):
        problems = [f"$ is no {cls.__name__}"]
    raise UnexpectedReply(f"LinkedIn's {cls.__name__} is not as documented: {'; '.join(problems[:5])}")


def _problem(error: BaseException, kind: type | None) -> str:
    if isinstance(error, KeyError):
        return "is missing"
    wanted = getattr(kind, "__name__", None) or _MODULE.sub("", str(kind))
    return f"is no {wanted.removesuffix(' | None')}"


def _placed(problem: str) -> str:
    """Name the place as LinkedIn spells it: ``$.mediaLibraryMetadata.assetName is no str``."""
    what, _, place = problem.rpartition(" @ ")
    return f"{_ATTRIBUTE.sub(lambda name: camel(name[0]), place)} {what}"


def dump(model: object) -> dict[str, Any]:
    """Make JSON of a model: None is left out, unknown keys are written back."""
    result: dict[str, Any] = _converter.unstructure(model)
    return result


def instant(milliseconds: int) -> datetime:
    """Return the aware UTC datetime of LinkedIn's epoch milliseconds."""
    return _EPOCH + milliseconds * _MILLISECOND


def milliseconds(moment: datetime) -> int:
    """Return LinkedIn's epoch milliseconds of an aware datetime."""
    return (moment - _EPOCH) // _MILLISECOND


def camel(name: str) -> str:
    """Return LinkedIn's spelling of an attribute: ``alt_text`` is ``altText``."""
    head, *tail = name.split("_")
    return _SPECIAL_KEYS.get(name) or head + "".join(word.capitalize() for word in tail)


def _structure_factory(cls: type[Any], converter: Converter) -> Any:
    names = _names(cls)
    structure = make_dict_structure_fn(cls, converter, **_overrides(cls, names))
    if _UNKNOWN not in names:
        return structure
    known = frozenset(names.values())

    def keep_unknown(value: object, _: type[Any]) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):  # asking for a protocol takes long
            raise TypeError("expected an object")
        if known.issuperset(value):
            return structure(value, cls)
        unknown = {key: item for key, item in value.items() if key not in known}
        return structure({**value, _UNKNOWN: unknown}, cls)

    return keep_unknown


def _unstructure_factory(cls: type[Any], converter: Converter) -> Any:
    unstructure = make_dict_unstructure_fn(cls, converter, **_overrides(cls, _names(cls)))

    def write(model: Any) -> dict[str, Any]:
        written = unstructure(model)
        unknown = written.pop(_UNKNOWN, None)
        if None in written.values():
            written = {key: value for key, value in written.items() if value is not None}
        return {**written, **unknown} if unknown else written

    return write


def _names(cls: type[Any]) -> dict[str, str]:
    """Return LinkedIn's name of each attribute that comes from JSON."""
    attrs.resolve_types(cls)
    return {field.name: camel(field.name) for field in attrs.fields(cls) if DERIVED not in field.metadata}


def _overrides(cls: type[Any], names: Mapping[str, str]) -> dict[str, Any]:
    made = {field.name: override(omit=True) for field in attrs.fields(cls) if field.name not in names}
    absent = {field.name for field in attrs.fields(cls) if field.default is None}  # and left out where they are
    for name, key in names.items():
        made[name] = override(rename=name if name == _UNKNOWN else key, omit_if_default=name in absent)
    return made


def _structure_content(value: object, _: Any) -> Content:
    if not isinstance(value, Mapping):
        raise TypeError("expected an object")
    for kind, cls in _CONTENT_KINDS.items():
        if value.keys() == {kind} and _is_modelled(kind, value[kind]):
            content: Content = _converter.structure(value[kind], cls)
            return content

    return OtherContent(dict(value))


def _is_modelled(kind: str, value: object) -> bool:
    """Tell images from the videos and documents that share the key ``media``."""
    if kind != "media" or not isinstance(value, Mapping):
        return True
    return str(value.get("id", "")).startswith("urn:li:image:")


def dump_content(content: Content) -> dict[str, Any]:
    """Make JSON of a post's content, under the key of its kind."""
    if isinstance(content, OtherContent):
        return dict(content.raw)
    return {_KIND_OF[type(content)]: _converter.unstructure(content, type(content))}


def _strict(*allowed: type) -> Any:
    def structure(value: object, _: Any) -> Any:
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise TypeError(f"expected {allowed[0].__name__}")
        return value

    return structure


_structure_text: Final = _strict(str)


def _structure_float(value: object, _: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("expected a finite number")
    return float(value)


def _structure_instant(value: object, _: Any) -> datetime:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("expected epoch milliseconds")
    try:
        return instant(value * 1000 if 0 < value < _SECONDS_BELOW else value)
    except OverflowError:
        raise ValueError("epoch milliseconds out of range") from None


def _structure_urn(value: object, _: Any) -> Urn:
    if not isinstance(value, str):
        raise TypeError("expected a URN")
    try:
        return Urn(value)
    except InvalidArgument:
        raise ValueError("not a URN") from None


def _is_open_enum(annotation: Any) -> bool:
    """Recognise ``SomeEnum | str`` with or without ``| None``: its converter on the attribute makes the member."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return False
    members = [member for member in get_args(annotation) if member is not type(None)]
    return str in members and all(isinstance(member, type) and issubclass(member, str) for member in members)


def _structure_open_enum(value: object, annotation: Any) -> Any:
    if value is None and type(None) in get_args(annotation):
        return None
    return _structure_text(value, annotation)


def _is_optional(annotation: Any) -> bool:
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ()
    return len(members) == 2 and type(None) in members


def _optional_factory(annotation: Any, converter: Converter) -> Any:
    """Return what structures ``X | None``, with what structures X looked for once, not for each value."""
    (inner,) = (member for member in get_args(annotation) if member is not type(None))
    structure = converter.get_structure_hook(inner)
    return lambda value, _: None if value is None else structure(value, inner)


def _make_converter() -> Converter:
    converter = Converter()
    converter.register_structure_hook_factory(_is_optional, _optional_factory)
    converter.register_structure_hook(str, _structure_text)
    converter.register_structure_hook(int, _strict(int))
    converter.register_structure_hook(bool, _strict(bool))
    converter.register_structure_hook(float, _structure_float)
    converter.register_structure_hook(datetime, _structure_instant)
    converter.register_structure_hook(Urn, _structure_urn)
    converter.register_structure_hook_func(_is_open_enum, _structure_open_enum)
    converter.register_unstructure_hook(datetime, milliseconds)
    converter.register_unstructure_hook(Urn, str)
    converter.register_structure_hook_factory(attrs.has, _structure_factory)
    converter.register_unstructure_hook_factory(attrs.has, _unstructure_factory)
    converter.register_structure_hook_func(lambda annotation: annotation == Content, _structure_content)
    converter.register_structure_hook_func(
        lambda annotation: annotation == Content | None,
        lambda value, kind: None if value is None else _structure_content(value, kind),
    )
    converter.register_unstructure_hook_func(
        lambda annotation: annotation in (Content, Content | None),
        lambda content: None if content is None else dump_content(content),
    )
    return converter


_converter: Final = _make_converter()
