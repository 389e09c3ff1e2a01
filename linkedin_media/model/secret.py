"""Values that must never be printed."""

from __future__ import annotations

from ..errors import InvalidArgument


class Secret:
    """A bearer token: shown as ``Secret(…)`` wherever it is printed, read only by `reveal`.

    Raises:
        InvalidArgument: Empty, or holding anything but printable ASCII (a header cannot carry it).
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        if not value:
            raise InvalidArgument(
                "the access token is empty", argument="access_token", hint="set LINKEDIN_ACCESS_TOKEN"
            )
        if not all("!" <= character <= "~" for character in value):
            raise InvalidArgument("the access token holds characters no header can carry", argument="access_token")
        self.__value = value

    def reveal(self) -> str:
        """Return the value; only for the header it goes into."""
        return self.__value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        return hash(self.__value)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")
