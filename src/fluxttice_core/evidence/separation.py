"""Whether a figure tells a checkpoint from what knows nothing; if not, it is no evidence.

Every axis is read for the checkpoint and for controls that each lack one thing: *untrained*
networks lack learning, *collapsed* ones read no code, *permuted* codes belong to other operations,
*fair dice* have no model at all. An axis on which a control comes near cannot show that the
checkpoint has what the control lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from ..measure.estimate import percent

Axis = Literal["coverage sampled", "coverage mode", "information", "reconstruction"]
# The lead over a control that counts, as a share of the limit. A random network decodes about one
# operation of 19,683 from its own code and carries about 0.1 nats: a twentieth (0.49 nats) is far
# above every seed tried. The coverage of random networks spreads over a quarter of the space by
# seed (mode reading, 50,000 draws), hence the wider lead there.
LEAD: Mapping[Axis, Decimal] = {
    "coverage sampled": Decimal("0.30"),
    "coverage mode": Decimal("0.30"),
    "information": Decimal("0.05"),
    "reconstruction": Decimal("0.05"),
}
Control = Literal["untrained", "collapsed", "permuted", "dice"]
CONTROLS: tuple[Control, ...] = ("untrained", "collapsed", "permuted", "dice")
# Without these three a figure does not even show that anything was learned.
LEARNING: tuple[Control, ...] = ("untrained", "collapsed", "dice")

_WORDS: dict[Control, str] = {
    "untrained": "random weights",
    "collapsed": "a decoder that reads no code",
    "permuted": "codes dealt out to the wrong operations",
    "dice": "fair dice, which know nothing",
}


@dataclass(frozen=True, slots=True)
class Bounded:
    """A figure with its 95 % interval; an exact one has the interval of a point."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> Bounded:
        """A figure without error."""
        return cls(value, value, value)


@dataclass(frozen=True, slots=True)
class Separation:
    """One axis of one pathway, and the controls it is told apart from.

    ``separated``: by control, whether the checkpoint's whole interval lies above the control's, by
    more than :data:`LEAD` of the limit.
    """

    pathway: str
    axis: Axis
    checkpoint: Bounded
    limit: float
    controls: Mapping[str, Bounded]
    separated: Mapping[str, bool]

    @property
    def is_evidence(self) -> bool:
        """Whether it is told apart from all that has learned nothing."""
        return all(self.separated[name] for name in LEARNING)

    @property
    def sees_the_encoder(self) -> bool:
        """Whether it notices that codes belong to other operations."""
        return self.separated["permuted"]

    @property
    def words(self) -> str:
        """The verdict in one sentence."""
        shown = f"reaches {percent(self.checkpoint.value / self.limit, 1)} of the limit"
        who = f"{self.axis.capitalize()}, {self.pathway}: {shown}"
        if self.is_evidence:
            best = max(LEARNING, key=lambda name: self.controls[name].value)
            rival = percent(self.controls[best].value / self.limit, 1)
            text = f"{who}; the best that knows nothing ({_WORDS[best]}) {rival}: evidence"
            return text + ("." if self.sees_the_encoder else ", of the decoder alone.")
        rivals = [
            f"{_WORDS[name]}: {percent(self.controls[name].value / self.limit, 1)}"
            for name in LEARNING
            if not self.separated[name]
        ]
        needed = f"a lead of {100 * LEAD[self.axis]:.0f} % is needed"
        return f"{who} ({'; '.join(rivals)}; {needed}): no evidence."

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "pathway": self.pathway,
            "axis": self.axis,
            "value": self.checkpoint.value,
            "value_ci": [self.checkpoint.low, self.checkpoint.high],
            "limit": self.limit,
            "controls": {
                name: {
                    "value": reading.value,
                    "value_ci": [reading.low, reading.high],
                    "separated": self.separated[name],
                }
                for name, reading in self.controls.items()
            },
            "is_evidence": self.is_evidence,
            "sees_the_encoder": self.sees_the_encoder,
            "words": self.words,
        }


def separate(
    pathway: str, axis: Axis, checkpoint: Bounded, limit: float, controls: Mapping[str, Bounded]
) -> Separation:
    """Compare a checkpoint's figure, higher being better, with every control's.

    >>> apart = separate("A", "information", Bounded(8.4, 8.3, 8.5), 9.9,
    ...     {name: Bounded.exact(0.1) for name in CONTROLS})
    >>> apart.is_evidence
    True
    """
    lead = float(LEAD[axis]) * limit
    separated = {name: checkpoint.low - reading.high > lead for name, reading in controls.items()}
    return Separation(pathway, axis, checkpoint, limit, dict(controls), separated)


def verdict(separations: tuple[Separation, ...]) -> str:
    """Say in one sentence what the evidence comes to."""
    pathways = dict.fromkeys(item.pathway for item in separations)
    learned, working = [], []
    for pathway in pathways:
        axes = [item for item in separations if item.pathway == pathway and item.is_evidence]
        if any(item.axis == "information" for item in axes):
            learned.append(pathway)
        if any(item.sees_the_encoder for item in axes):
            working.append(pathway)
    if len(learned) == len(working) == len(pathways):
        return (
            "Told apart from everything that learned nothing: by information, and by "
            "reconstruction. Coverage has no part in this verdict: fair dice cover as much."
        )
    missing = [
        f"{pathway} ({what})"
        for pathway in pathways
        for what, good in (("decoder", pathway in learned), ("encoder", pathway in working))
        if not good
    ]
    return (
        f"NOT told apart from networks that learned nothing: {', '.join(missing)}. "
        "Whatever it covers is no evidence of learning."
    )
