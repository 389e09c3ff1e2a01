"""Projections: which fields of a ``/v2`` entity to return, and which URNs to resolve on the way (decoration).

.. code-block:: pycon

    >>> cover = P("coverImage")("caption", P("croppedImage")(P("original").decorate("playableStreams"), "cropInfo"))
    >>> str(Projection("id", "title", cover))
    '(id,title,coverImage(caption,croppedImage(original~:playableStreams,cropInfo)))'
    >>> str(Projection(P("elements").each("id", P("owner").decorate()("localizedFirstName"))))
    '(elements*(id,owner~(localizedFirstName)))'

A decorated field ``owner`` keeps its URN and gains a sibling ``owner~``; where LinkedIn could not resolve it, a sibling
``owner!`` says why, in an answer that is still 200. Versioned APIs (``/rest``) do not take projections.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

import attrs

from ..errors import InvalidArgument

EVERY: Final = "*"
"""The wildcard field: ``P("results")(P(EVERY)("id"))``."""

_NAME: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$]*")
_END_OF_NAME: Final = re.compile(r"[*~(]")


@attrs.frozen
class P:
    """One field of a projection; a string stands for a field of which everything is wanted."""

    _text: str = attrs.field(alias="name")
    _chosen: bool = attrs.field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        if self._text != EVERY:
            _checked(self._text, "field name")

    def __call__(self, *fields: Selection) -> P:
        """Choose sub-fields: ``P("coverImage")("caption")`` is ``coverImage(caption)``."""
        self._check_open()
        return self._extended(_group(fields, self._text), chosen=True)

    def each(self, *fields: Selection) -> P:
        """Choose sub-fields of every element of an array: ``P("elements").each("id")`` is ``elements*(id)``."""
        self._check_open()
        if self._text.endswith("*"):
            raise InvalidArgument(f"{self._text} stands for every element already", argument="projection")
        every = self._extended("*", chosen=False)
        return every(*fields) if fields else every

    def decorate(self, resolver: str = "", *, entity: str = "") -> P:
        """Resolve the URN in this field: ``~:playableStreams`` by `resolver`, ``~person`` for one type of URN, ``~``.

        Some pages name both, ``~digitalmediaAsset:playableStreams``. What follows chooses fields of the resolved entity:
        ``P("owner").decorate()("localizedFirstName")``.
        """
        recipe = f":{_checked(resolver, 'resolver')}" if resolver else ""
        return self._extended(f"~{_checked(entity, 'entity type') if entity else ''}{recipe}", chosen=False)

    def __str__(self) -> str:
        return self._text

    def _check_open(self) -> None:
        if self._chosen:
            raise InvalidArgument(f"the sub-fields of {self._text} are chosen already", argument="projection")

    def _extended(self, text: str, *, chosen: bool) -> P:
        extended = object.__new__(P)
        object.__setattr__(extended, "_text", self._text + text)
        object.__setattr__(extended, "_chosen", chosen)
        return extended


Selection: TypeAlias = P | str


@attrs.frozen(init=False)
class Projection:
    """The value of a ``projection`` parameter; ``str()`` gives its text, which `restli.encode_params` encodes."""

    fields: tuple[P, ...]

    def __init__(self, *fields: Selection) -> None:
        _group(fields, "the projection")
        self.__attrs_init__(tuple(map(_field, fields)))

    def __str__(self) -> str:
        return f"({','.join(map(str, self.fields))})"

    def within(self, envelope: str) -> Projection:
        """Return the projection of an answer that holds many such entities: ``(elements*(…))``, ``(results*(…))``."""
        return Projection(P(envelope).each(*self.fields))

    def names(self, field: str) -> bool:
        """Tell whether it chooses `field`, whole or in part, or everything."""
        return any(_END_OF_NAME.split(str(chosen), maxsplit=1)[0] in (field, "") for chosen in self.fields)

    def with_field(self, field: str) -> Projection:
        """Return the projection that chooses `field` too."""
        return self if self.names(field) else Projection(*self.fields, field)


def _field(field: Selection) -> P:
    return field if isinstance(field, P) else P(field)


def _group(fields: tuple[Selection, ...], where: str) -> str:
    texts = [str(_field(field)) for field in fields]
    if not texts:
        raise InvalidArgument(f"{where} chooses no field", argument="projection", hint="name at least one")
    repeated = next((text for text in texts if texts.count(text) > 1), None)
    if repeated:
        raise InvalidArgument(f"{where} chooses {repeated} twice", argument="projection")
    return f"({','.join(texts)})"


def _checked(name: object, what: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidArgument(f"{name!a} is no {what}", argument="projection", hint="letters, digits, _ . and $")
    return name
