"""What a kind of certificate is: data that level 1 reads, and what runs above it.

To add a kind is to write one such value; nothing in this room knows one by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .folder import CERTIFICATE, MODEL_SIGNATURE, is_plain_name
from .predicate import Predicate
from .verdict import VERIFIED, Findings, Summary

P = TypeVar("P", bound=Predicate)
E = TypeVar("E")
# Called with the number of parts done and of all.
Progress = Callable[[int, int], None]

AUTHENTICITY = "signature and file hashes"


@dataclass(frozen=True, slots=True)
class Level(Generic[E]):
    """One level above the first.

    Attributes
    ----------
    number : from 2, in order.
    words : what it establishes, as the verdict says it.
    check : measures the evidence and reports into the findings, what was checked too. It imports
        what it needs when it runs, so that a lower level loads less.
    verdict : the word for what holds at this level; a lesser one than VERIFIED where it rests on
        what the issuer states.
    """

    number: int
    words: str
    check: Callable[[E, Findings, Progress | None], None]
    verdict: str = VERIFIED


@dataclass(frozen=True, slots=True)
class Kind(Generic[P, E]):
    """One kind of certificate.

    Attributes
    ----------
    title : such as "coverage certificate", for messages.
    predicate_type : of its statements; ends in the major version, ``v1``.
    schema : JSON Schema of the predicate, of the keywords in ``seal.schema``.
    predicate : the record that the predicate is read into; may raise ValueError for what a schema
        cannot say.
    required, optional : names of the files that its statements list. The rest is refused.
    measured : those of them that the claims are about. If one is not as certified, no level above
        the first runs: every claim would be found false, and that would hide what happened.
    read : makes of the predicate and the files what the levels check, once for all of them; None,
        with a finding, if it cannot.
    levels : those above the first.
    summarise : what a statement says, in this program's words, as far as a level checks it.
    """

    title: str
    predicate_type: str
    schema: Mapping[str, Any]
    predicate: type[P]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    measured: tuple[str, ...]
    read: Callable[[P, Mapping[str, bytes], Findings], E | None]
    levels: tuple[Level[E], ...]
    summarise: Callable[[P, int], Summary]

    def __post_init__(self) -> None:
        """Refuse what would fail, or be passed over, when a folder is verified."""
        faults = []
        if not re.search(r"[:/]v[1-9][0-9]*\Z", self.predicate_type):
            faults.append(f"predicate_type is {self.predicate_type!r}; expected it to end in :v1")
        names = (*self.required, *self.optional)
        wrong = [name for name in names if not is_plain_name(name) or names.count(name) > 1]
        wrong += {CERTIFICATE, MODEL_SIGNATURE} & set(names)
        if wrong:
            faults.append(
                f"files are {wrong}; expected plain names, each once, none of a signature"
            )
        if not set(self.measured) <= set(self.required):
            faults.append(f"measured is {self.measured}; expected required files")
        numbers = [level.number for level in self.levels]
        if numbers != list(range(2, len(numbers) + 2)):
            faults.append(f"levels are {numbers}; expected 2, 3, ... in order")
        if faults:
            raise ValueError("\n  ".join([f"no kind of certificate: {self.title}:", *faults]))

    @property
    def stem(self) -> str:
        """The predicate type without its major version."""
        return re.sub(r"v[0-9]+\Z", "", self.predicate_type)

    @property
    def words(self) -> Mapping[int, str]:
        """What each level establishes, by number, the first too."""
        return {1: AUTHENTICITY, **{level.number: level.words for level in self.levels}}

    def verdict_of(self, number: int) -> str:
        """Return the word for what holds at a level."""
        return next((each.verdict for each in self.levels if each.number == number), VERIFIED)
