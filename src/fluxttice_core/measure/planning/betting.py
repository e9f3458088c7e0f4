"""An upper bound of the mass unseen that holds at every n at once: a bet on what is new.

Let ``M_t`` be the mass of the ids not among the first t draws, and ``N_t`` say whether draw t is
new. Of independent draws from any one law, ``E(N_t | the draws before) = M_(t-1)``. A gambler who
stakes a share ``L_t`` in [0, 1] of his wealth, chosen before draw t, against its being new, at the
odds of ``M_(t-1)``, plays a fair game:

    ``V_n = prod_(t <= n) 1 + L_t (M_(t-1) - N_t)``

is never negative, and in the mean stays what it was. So it ever comes to ``1 / a`` with a chance of
at most ``a``, whenever he looks, and however he chooses to end (Ville 1939). The mass unseen never
grows: ``M_n <= M_(t-1)`` for all t up to n, so that what can be computed without knowing it,

    ``W_n(m) = prod_(t <= n) 1 + L_t (m - N_t)``,

is at ``m = M_n`` at most ``V_n``. It grows with m. With a chance of at least ``1 - a``, for all n
together, ``W_n(M_n) < 1 / a``, and every m with ``W_n(m) >= 1 / a`` is too large. Nothing is said
of the law, nor of how many ids there are. Wealth may be divided between several ways of staking:
the sum is fair too.

The stakes decide how soon the bound falls, and never whether it holds. Of draws that are new with
chance q where m is claimed, wealth grows fastest with about ``L = 1 - q / m`` (Kelly 1956); for q
stands ``(F1 + 1/2) / n``, the mass unseen by Good and Turing.

References
----------
Ville (1939), Étude critique de la notion de collectif. Kelly (1956), Bell Syst. Tech. J. 35. Good
(1953), Biometrika 40. Howard et al. (2021), Ann. Statist. 49 and Waudby-Smith & Ramdas (2024), J.
R. Statist. Soc. B 86 (bounds at all n at once, by betting). McAllester & Schapire (2000), COLT (the
mass unseen at one n).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# A stake stays for a 64th of the draws before it: a longer wait costs draws, a shorter one time.
_STAYS = 64
# The claims that are looked at, 16 for each halving of the mass.
_CLAIMS = 2.0 ** -(np.arange(16 * 30) / 16.0)
# Half of the wealth is staked against the claim that matters; the rest against coarser ones, each
# larger by this factor, so that there is a bound before the one that is waited for.
_MAIN = 0.5
_STEP = math.sqrt(2.0)
# Logarithm of a wealth past counting.
_RICH = 300.0


class UnseenMassBet:
    """Wealth at every claim m, from how many draws of each block were new.

    Parameters
    ----------
    below : the claim that matters most.
    level : the chance that the bound is ever passed.

    Examples
    --------
    >>> bet = UnseenMassBet(0.01, 0.05)
    >>> while not bet.settled:
    ...     bet.add(bet.next_block, num_new=int(bet.num_draws == 0), once=0)
    >>> bet.num_draws  # no rule can stop before 299: 0.99^298 is more than 5 %
    387
    """

    def __init__(self, below: float, level: float) -> None:
        self.num_draws = 0
        self._below = below
        self._enough = 1.0 / level
        coarser = below * _STEP ** np.arange(1, 1 + math.ceil(-math.log(below, _STEP)))
        self._against = np.append(below, np.minimum(coarser, 1.0))
        rest = (1.0 - _MAIN) / (len(self._against) - 1)
        self._claims = np.unique(np.append(_CLAIMS, below))
        self._refuted = np.zeros(len(self._claims), dtype=np.bool_)
        shares = np.append(_MAIN, np.full(len(self._against) - 1, rest))
        self._logs = np.repeat(np.log(shares)[:, None], len(self._claims), axis=1)
        self._stakes = self._chosen(once=0)

    @property
    def next_block(self) -> int:
        """How many draws the stakes stay for; :meth:`add` takes them together."""
        return max(1, self.num_draws // _STAYS)

    @property
    def bound(self) -> float:
        """The least claim that was refuted so far; 1 if none was."""
        return float(self._claims[self._refuted].min(initial=1.0))

    @property
    def settled(self) -> bool:
        """Whether the mass unseen is surely below the claim that matters most."""
        return self.bound <= self._below

    def add(self, num_draws: int, *, num_new: int, once: int) -> None:
        """Settle the bets on a block of draws.

        Parameters
        ----------
        num_draws : in the block.
        num_new : of them, not among the draws before.
        once : ids drawn exactly once, at the end of the block: the next stakes rest on them.
        """
        stakes, claims = self._stakes[:, None], self._claims
        won = (num_draws - num_new) * np.log1p(stakes * claims)
        # No stake is all of the wealth: the logarithm is finite.
        lost = num_new * np.log1p(-stakes * (1.0 - claims))
        self._logs += won + lost
        wealth = np.exp(np.minimum(self._logs, _RICH)).sum(axis=0)
        self._refuted |= wealth >= self._enough
        self.num_draws += num_draws
        self._stakes = self._chosen(once)

    def _chosen(self, once: int) -> NDArray[np.float64]:
        guess = (once + 0.5) / max(self.num_draws, 1)
        return np.maximum(1.0 - guess / self._against, 0.0)


class Occurrences:
    """Which draws are the first, and which the second, of their id.

    Examples
    --------
    >>> seen = Occurrences()
    >>> [mask.tolist() for mask in seen.add(np.array([5, 5, 7, 5]))]
    [[True, False, True, False], [False, True, False, False]]
    >>> [mask.tolist() for mask in seen.add(np.array([7, 9]))]
    [[False, True], [True, False]]
    """

    def __init__(self) -> None:
        self._once: set[int] = set()
        self._often: set[int] = set()

    def __len__(self) -> int:
        return len(self._once) + len(self._often)

    def add(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Take the next ids ``(n,)``, n >= 1, and return both masks ``(n,)``."""
        places = np.argsort(ids, kind="stable")
        in_order = ids[places]
        begins = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1]))
        ends = np.append(begins[1:], len(ids))
        first, second = np.zeros(len(ids), np.bool_), np.zeros(len(ids), np.bool_)
        once, often = self._once, self._often
        for value, begin, end in zip(
            in_order[begins].tolist(), begins.tolist(), ends.tolist(), strict=True
        ):
            if value in often:
                continue
            if value in once:
                second[places[begin]] = True
            else:
                first[places[begin]] = True
                if end - begin == 1:
                    once.add(value)
                    continue
                second[places[begin + 1]] = True
            once.discard(value)
            often.add(value)
        return first, second
