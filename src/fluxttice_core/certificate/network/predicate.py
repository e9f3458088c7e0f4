"""The predicate of a network's certificate, as records; integers and text only.

No two machines can disagree on the form of a number here: counts are integers, everything else
that is compared is decimal text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from ...seal import Predicate, Record
from ...seal import Tool as SealTool
from .names import ClaimName


@dataclass(frozen=True, slots=True)
class Tool(SealTool):
    """``text_revision`` numbers the wording of verdict, checklist and documents."""

    text_revision: int


@dataclass(frozen=True, slots=True)
class Identity(Record):
    """Which weights, as far as their file tells; ``rho`` and ``rho_max`` as their shortest text."""

    weights_sha256: str
    num_tensors: int
    num_parameters: int
    latent_dim: int
    rho: str
    rho_max: str
    is_the_file_certified_in_2025: bool
    epoch: int | None = None
    source_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ConfigOrigin(Record):
    """Where the configuration comes from, and the SHA-256 of its canonical form."""

    origin: Literal["embedded", "given"]
    sha256: str


@dataclass(frozen=True, slots=True)
class Best(Record):
    """A best value that the run recorded, and its epoch."""

    name: str
    value: str
    epoch: int


@dataclass(frozen=True, slots=True)
class History(Record):
    """The run's ``metrics.jsonl``."""

    sha256: str
    epochs: int


@dataclass(frozen=True, slots=True)
class Training(Record):
    """What the file says of its training, and, of ``cpu`` and ``history``, the issuer."""

    best: tuple[Best, ...]
    seed: int | None = None
    threads: int | None = None
    best_epoch: int | None = None
    epochs: int | None = None
    code_version: str | None = None
    torch_version: str | None = None
    cpu: str | None = None
    selection_score: str | None = None
    history: History | None = None


@dataclass(frozen=True, slots=True)
class SpaceIdentity(Record):
    """The enumerated space, and the two orders in which it could have been written otherwise."""

    id: str
    size: int
    truth_table_order: str
    digit_order: str
    table_sha256: str


@dataclass(frozen=True, slots=True)
class SplitIdentity(Record):
    """Who was held out: whether the file says, how many, and which."""

    is_recorded: bool
    sizes: Mapping[str, int]
    sha256: str


@dataclass(frozen=True, slots=True)
class ControlIdentity(Record):
    """The two networks that know nothing."""

    seed: int
    untrained_sha256: str
    collapsed_sha256: str


@dataclass(frozen=True, slots=True)
class Protocol(Record):
    """How everything was measured; ``noise_sha256`` once the draws were made."""

    id: str
    arithmetic: str
    mode_rule: str
    sampling_rule: str
    epsilon: str
    estimate_tolerance: str
    tolerance_reason: str
    rebuild_count_share: str
    rebuild_nats: str
    interval: str
    rng: str
    key: str
    key_rule: str
    num_draws: tuple[int, ...]
    controls: ControlIdentity
    noise_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Measurement(Record):
    """One claim.

    Attributes
    ----------
    name : unique; the text of a :class:`~.names.ClaimName`.
    kind : an exact count over the space, a count over recorded draws, or an estimate.
    level : the verification level that measures it again (2 or 3).
    value : an integer for counts, decimal text for estimates.
    denominator : what a count is out of.
    ambiguous : how many parts of a count stood within ``EPSILON`` of another answer: in logits for
        a likeliest trit, in probability for a drawn one.
    min_gap : the smallest such gap of an exact count (decimal text).
    limit : what an ideal generator would reach (decimal text).
    interval : decimal ends of the 95 % interval of an estimate.
    digest : SHA-256 of what was counted, to find where two counts part.
    """

    name: str
    kind: Literal["exact-count", "sample-count", "estimate"]
    level: int
    unit: str
    value: int | str
    denominator: int | None = None
    num_draws: int | None = None
    ambiguous: int | None = None
    min_gap: str | None = None
    limit: str | None = None
    interval: tuple[str, str] | None = None
    tolerance: str | None = None
    digest: str | None = None

    def need(self, part: str) -> Any:
        """Return a part that some claims lack.

        Raises
        ------
        KeyError
            The claim does not state it.
        """
        value = getattr(self, part)
        if value is None:
            raise KeyError(f"{self.name}: {part}")
        return value

    def out_of(self, whole: Literal["denominator", "limit"]) -> tuple[Decimal, Decimal]:
        """Return the value, and what it is out of or could reach; raises as :meth:`need`."""
        return Decimal(self.value), Decimal(self.need(whole))


@dataclass(frozen=True, slots=True)
class Comparison(Record):
    """One pathway beside one control on one axis; values as certified."""

    axis: str
    pathway: str
    control: str
    model_value: int | str
    control_value: int | str
    lead_needed: str
    separated: bool
    decisive: bool


@dataclass(frozen=True, slots=True)
class Separation(Record):
    """Every comparison, whether all that decide are won, and that in one sentence."""

    comparisons: tuple[Comparison, ...]
    separated: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class ChecklistItem(Record):
    """One item of the readiness checklist, with the figures behind it."""

    item: str
    met: bool
    detail: str


@dataclass(frozen=True, slots=True)
class NetworkPredicate(Predicate):
    """Everything that a certificate of a network says."""

    tool: Tool
    schema: str
    environment: Mapping[str, Any]
    checkpoint: Identity
    training: Training
    space: SpaceIdentity
    split: SplitIdentity
    protocol: Protocol
    measurements: tuple[Measurement, ...]
    separation: Separation
    checklist: tuple[ChecklistItem, ...]
    limits: tuple[str, ...]
    config: ConfigOrigin | None = None

    def __post_init__(self) -> None:
        """Refuse two claims of one name, which a schema cannot."""
        counts = Counter(item.name for item in self.measurements)
        if counts and max(counts.values()) > 1:
            raise ValueError("a measurement is listed twice")

    def claim(self, role: str, pathway: str, quantity: str) -> Measurement:
        """Return the claim of a name.

        Raises
        ------
        KeyError
            There is none; the message is its name.
        """
        name = str(ClaimName(role, pathway, quantity))
        for item in self.measurements:
            if item.name == name:
                return item
        raise KeyError(name)
