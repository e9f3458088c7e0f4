"""Names of claims: ``role/pathway/quantity``, put together and taken apart here alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["model", "untrained", "collapsed"]
Control = Literal["untrained", "collapsed"]
# How a trit is read from its distribution: one draw of it, or the likeliest value.
Reading = Literal["sampled", "mode"]

MODEL: Role = "model"
CONTROLS: tuple[Control, ...] = ("untrained", "collapsed")
READINGS: tuple[Reading, ...] = ("sampled", "mode")

DISTINCT_DECODES = "distinct_decodes"
POSTERIOR_KL = "posterior/kl"
ACTIVE_DIMENSIONS = "posterior/active_dimensions"
INFORMATION = "information"
CHI_SQUARE = "chi_square"
# Of the codes that are decoded: the pathway's own, not mixed with the other pathway's.
ALONE = "alone"
# Of the operations: the whole space, not a part of the split.
ALL = "all"


@dataclass(frozen=True, slots=True)
class ClaimName:
    """What is claimed, of which network and pathway.

    Example
    -------
    >>> str(ClaimName("model", "A", reconstruction("test", mixed("0.7"))))
    'model/A/reconstruction/rho=0.7/test'
    >>> ClaimName.parse("untrained/B/information").quantity
    'information'
    """

    role: str
    pathway: str
    quantity: str

    def __str__(self) -> str:
        """Return the text of a certificate."""
        return f"{self.role}/{self.pathway}/{self.quantity}"

    @classmethod
    def parse(cls, text: str) -> ClaimName:
        """Take a name apart.

        Raises
        ------
        ValueError
            It has no role, pathway and quantity.
        """
        parts = text.split("/", 2)
        if len(parts) != 3:
            raise ValueError(f"expected a claim's name like role/pathway/quantity, got {text!r}")
        return cls(*parts)

    @property
    def reconstructed(self) -> tuple[str, str] | None:
        """Of a reconstruction: which codes, and which part of the space; of others None."""
        parts = self.quantity.split("/")
        return (parts[1], parts[2]) if parts[0] == "reconstruction" and len(parts) == 3 else None


# At which the checklist reads the coupled pathways, whatever a file says of itself: v5.5's rho_max.
COUPLED_RHO = "0.7"


def reconstruction(part: str, code: str = ALONE) -> str:
    """Exact reconstructions of a part of the space by a code: ``ALONE``, or :func:`mixed`."""
    return f"reconstruction/{code}/{part}"


def mixed(rho: str) -> str:
    """Codes with the share ``rho`` of the other pathway's; of 0 they are the pathway's own.

    >>> mixed("0.0"), mixed("0.265")
    ('alone', 'rho=0.265')
    """
    return f"rho={rho}" if float(rho) > 0 else ALONE


def distinct(reading: Reading, num_draws: int) -> str:
    """Distinct operations in so many recorded draws."""
    return f"distinct/{reading}/n={num_draws}"
