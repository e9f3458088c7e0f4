"""The report on a model, on draws or on masses: which of them follows from the argument's type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from numpy.typing import ArrayLike

from .. import measure
from ..artifacts.checkpoint import Checkpoint
from ..artifacts.draws import describe_names, expand_names, holds_draws, read_draws
from ..artifacts.masses_file import read_masses, read_target
from ..errors import DrawsError
from ..evidence.controls import measure_with_controls
from ..evidence.pathway import CONTROL_LATENTS, NUM_LATENTS, Settings
from ..evidence.report import DEFAULT_DRAWS, CoverageReport
from ..gates.operations import GATES
from ..loading import as_checkpoint, reference_of
from ..measure import DistributionReport, DrawsReport, Space, TargetReport
from ..measure.arguments import CALLBACK, SEED, checked, one_of, optional, whole, wholes
from ..threads import check_threads

if TYPE_CHECKING:
    from ..model.dual_vae import DualNeuralVAEV5

Kind = Literal["model", "draws", "masses"]
KINDS: tuple[Kind, ...] = ("model", "draws", "masses")


@overload
def coverage_report(
    source: Checkpoint | DualNeuralVAEV5 | None = None,
    *,
    kind: Literal["model"] | None = None,
    num_draws: Sequence[int] = DEFAULT_DRAWS,
    num_runs: int = 1,
    num_latents: int = NUM_LATENTS,
    control_latents: int = CONTROL_LATENTS,
    seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> CoverageReport: ...
@overload
def coverage_report(
    source: str | Path,
    *,
    kind: Literal["model"],
    num_draws: Sequence[int] = DEFAULT_DRAWS,
    num_runs: int = 1,
    num_latents: int = NUM_LATENTS,
    control_latents: int = CONTROL_LATENTS,
    seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> CoverageReport: ...
@overload
def coverage_report(
    source: ArrayLike | str | Path,
    *,
    kind: Literal["masses"],
    num_draws: Sequence[int] = DEFAULT_DRAWS,
) -> DistributionReport: ...
@overload
def coverage_report(
    source: ArrayLike | Iterable[Any] | Callable[[int], Any] | str | Path,
    *,
    kind: Literal["draws"] | None = None,
    target: ArrayLike | Mapping[Any, float] | str | Path,
    space: Space | int | None = None,
    num_draws: Sequence[int] = DEFAULT_DRAWS,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> TargetReport: ...
@overload
def coverage_report(
    source: ArrayLike | Iterable[Any] | Callable[[int], Any] | str | Path,
    *,
    kind: Literal["draws"],
    space: Space | int | None = None,
    reference: Any = None,
    num_draws: Sequence[int] = DEFAULT_DRAWS,
) -> DrawsReport: ...
@overload
def coverage_report(  # type: ignore[overload-overlap]  # a text is a sequence too
    source: str | Path,
    *,
    space: Space | int | None = None,
    reference: Any = None,
    num_draws: Sequence[int] = DEFAULT_DRAWS,
    num_runs: int = 1,
    num_latents: int = NUM_LATENTS,
    control_latents: int = CONTROL_LATENTS,
    seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> CoverageReport | DrawsReport: ...
@overload
def coverage_report(
    source: ArrayLike | Iterable[Any] | Callable[[int], Any],
    *,
    space: Space | int | None = None,
    reference: Any = None,
    num_draws: Sequence[int] = DEFAULT_DRAWS,
) -> DrawsReport: ...
@checked(
    kind=optional(one_of(*KINDS)),
    num_draws=wholes(1),
    num_runs=whole(0, 10**6),
    num_latents=whole(2, 10**9),
    control_latents=whole(2, 10**9),
    seed=SEED,
    on_progress=CALLBACK,
)
def coverage_report(
    source: Any = None,
    *,
    kind: Kind | None = None,
    space: Space | int | None = None,
    reference: Any = None,
    target: Any = None,
    num_draws: Sequence[int] = DEFAULT_DRAWS,
    num_runs: int = 1,
    num_latents: int = NUM_LATENTS,
    control_latents: int = CONTROL_LATENTS,
    seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> CoverageReport | DrawsReport | DistributionReport | TargetReport:
    """Measure a model, draws from any generator of discrete things, or a distribution.

    What is measured depends on the type of ``source`` and on ``kind``, never on its values.

    Parameters
    ----------
    source : one of

        - a model: None for the packaged default, a checkpoint, the path or the name of one, or a
          PyTorch network;
        - draws: integers ``(n,)``, rows of categories ``(n, k)`` or labels, as an array, a list, or
          an iterator of chunks of any length (memory grows with the distinct ids alone; Ctrl-C
          ends the reading, and the report is of the draws so far);
        - files of draws: a path that ends in ``.npy``, ``.csv``, ``.txt``, ``.jsonl`` or
          ``.parquet``, or in ``.pt`` and holds a tensor; a pattern such as ``"shard-*.npy"``, or a
          list of :class:`~pathlib.Path`; they are one source (a list of ``str`` is one of labels);
        - a sampler: a callable that returns as many draws as it is asked for, and is asked for
          the largest of ``num_draws``;
        - masses ``(N,)`` that add up to 1, or a file of them, with ``kind="masses"``.
    kind : "model", "draws" or "masses" where the type does not say it.
    space : for draws, the number of possible ids 0 .. N-1, or a measure.Space. Rows of
        nine trits are gates, whose space is known.
    reference : for draws, another sample to compare with, as ``source``: validity, uniqueness,
        novelty. Ids outside the space count as invalid then.
    target : for draws, the masses ``(N,)`` of the ids that they are to be drawn with, a mapping
        from label to mass, or a file of either: the report is then against these, beside a perfect
        sampler of them.
    num_draws : the n at which coverage is reported; of draws, no n above twice their number, as
        nothing reliable can be said of it.
    num_runs : for a model, real runs made beside the expected coverage.
    num_latents : for a model, prior latents behind the exact marginal. Coverage at n draws needs
        16 n / 15 of them; with fewer it is withheld.
    control_latents : for a model, prior latents of each control, where they are fewer.
    seed : for a model, of latents and runs; for a target, of the perfect sampler.
    threads : for a model, pieces measured at a time; None for one on each core. Changes no figure.
    on_progress : for a model or a target, called with the number of pieces or simulated runs done
        so far, and of all.

    Returns
    -------
    CoverageReport for a model (its controls measured in the same call), DrawsReport for draws,
    DistributionReport for masses, TargetReport for draws with a target.

    Raises
    ------
    DrawsError
        Draws that are none, outside the space or not discrete; ``num_draws`` and its like out of
        range; ``space``, ``reference`` or ``target`` for other than draws.
    ArtifactError
        A file of draws that cannot be read.
    CheckpointError
        A model that cannot be read.

    Example
    -------
    >>> report = coverage_report([0, 0, 5], space=6)
    >>> report.observed_richness, round(report.uniform_limit, 3)
    (2, 0.421)
    >>> coverage_report([0.5, 0.25, 0.25], kind="masses").hill_numbers[0]
    3.0
    """
    if not num_draws:
        raise DrawsError("expected num_draws as whole numbers of at least 1, got none")
    if threads is not None:
        check_threads(threads)
    kind = _kind_of(source) if kind is None else kind
    named = (("space", space), ("reference", reference), ("target", target))
    given = [name for name, value in named if value is not None]
    if given and kind != "draws":
        raise DrawsError(
            f"{' and '.join(given)} has a meaning for draws only; got "
            f"{'a model' if kind == 'model' else 'masses'}, whose space is known"
        )
    if kind == "masses":
        return measure.distribution(_masses_of(source), num_draws=num_draws, name=_name_of(source))
    if target is not None:
        if reference is not None:
            raise DrawsError("expected a target or a reference, got both; ask one at a time")
        draws, name = _draws_of(source)
        masses = _target_of(target)
        # Rows of nine trits are gates; of a target of that size they may well be.
        space = GATES if space is None and _may_be_gates(masses) else space
        return measure.against_target(
            draws,
            masses,
            space=space,
            num_draws=max(num_draws),
            seed=seed,
            name=name,
            on_simulation=on_progress,
        )
    if kind == "draws":
        draws, name = _draws_of(source)
        return measure.draws(
            draws,
            space=space,
            reference=None if reference is None else _draws_of(reference)[0],
            num_draws=num_draws,
            known_spaces=(GATES,),
            name=name,
        )
    checkpoint = as_checkpoint(source)
    return measure_with_controls(
        reference_of(checkpoint),
        Settings(
            num_draws=tuple(num_draws),
            num_runs=num_runs,
            num_latents=num_latents,
            control_latents=control_latents,
            seed=seed,
            threads=threads,
        ),
        source=checkpoint.source,
        weights_sha256=checkpoint.weights_sha256,
        parts=checkpoint.split.parts(),
        rho=checkpoint.rho,
        active_threshold_nats=checkpoint.eps_kl,
        on_progress=on_progress,
    )


def _kind_of(source: Any) -> Kind:
    if isinstance(source, str | Path):
        return "draws" if holds_draws(source) else "model"
    is_model = source is None or isinstance(source, Checkpoint) or hasattr(source, "state_dict")
    return "model" if is_model else "draws"


def _masses_of(source: Any) -> Any:
    """Masses in memory, or those of the file that a path names."""
    return read_masses(source) if isinstance(source, str | Path) else measure.as_masses(source)


def _target_of(target: Any) -> Any:
    if isinstance(target, str | Path):
        return read_target(target)
    return target if isinstance(target, Mapping) else measure.as_masses(target)


def _may_be_gates(masses: Any) -> bool:
    return not isinstance(masses, Mapping) and len(masses) == GATES.size


def _name_of(source: Any) -> str:
    return str(source) if isinstance(source, str | Path) else "probabilities"


def _draws_of(source: Any) -> tuple[Any, str]:
    """What is counted, and what the report calls it; a path stands for what its file holds."""
    paths = [source] if isinstance(source, str | Path) else source
    if not isinstance(paths, list | tuple) or not paths:
        return source, "draws"
    if paths is source and not all(isinstance(path, Path) for path in paths):
        return source, "draws"
    names = expand_names(paths)
    if "-" in names:
        raise DrawsError('"-" is standard input on a command line; give its chunks here')
    return read_draws(names), describe_names(names)
