"""``against_target`` on a GFlowNet of torchgfn, held to the model's exact distribution.

Needs ``torchgfn`` (measured with 2.4.1 and PyTorch 2.13.0), which the library itself does not:

    pip install torchgfn
    python benchmarks/gflownet_peer.py

The environment is ``HyperGrid(ndim=9, height=3)``: 19,683 states, each of which can end a
trajectory. Its reward is torchgfn's "original" with R0 .01, R1 .6, R2 2: with a side of three no
state lies in the band of R2, so the highest reward is R0 + R1, of the 512 corners (and
``validate_modes`` is off). torchgfn's own defaults, R0 .1 and R1 .5, are a flatter target, of which
the record has the limits alone.

The model is trained by trajectory balance for five minutes of one thread, with the networks and
the learning rates of torchgfn's own example. The clock is that of the processor, so that a busy
machine does not shorten it, and it stops between runs: with ``--folder`` as it was, an interrupted
training goes on. Then the exact probability that a trajectory ends in a state
follows from the forward policy of every state, by dynamic programming over the grid: it says what
each interval should contain, and what a perfect distance would be. 200 samples of each n from that
distribution, 200 of a perfect sampler, and as many as torchgfn's own sampler gives, go through
``measure.against_target``; the record says how often each interval held.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from fluxttice_core import measure
from fluxttice_core.environment import describe_environment
from fluxttice_core.rng import derive_seed, numpy_generator

ROOT = Path(__file__).parents[1]
DIMENSIONS, SIDE = 9, 3
REWARD = {"R0": 0.01, "R1": 0.6, "R2": 2.0}
DEFAULT_REWARD = {"R0": 0.1, "R1": 0.5, "R2": 2.0}
NUM_DRAWS = (1_000, 10_000, 200_000)
# Enough for a p-value of 4 % after Bonferroni; a report's default is 999.
SIMULATIONS = 99
BATCH, EXPLORATION, RATE, RATE_OF_LOG_Z = 64, 0.1, 1e-3, 1e-1
CHUNK = 5_000
INTERVALS = ("ratio", "mass_outside", "mass_of_modes", "chi_square")


def terminating_masses(policy: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Exact chance of each state of a grid to end a trajectory that starts at the origin.

    ``policy[s, d]`` is the chance of a step along dimension d from state s, and ``policy[s, -1]``
    that of ending there; a state's number is written in base ``side``, the first dimension
    counting most. What flows into a state has come from states nearer to the origin.
    """
    num_states, num_actions = policy.shape
    strides = side ** np.arange(num_actions - 2, -1, -1)
    places = np.arange(num_states)[:, None] // strides % side
    steps = places.sum(axis=1)
    flow = np.zeros(num_states)
    flow[0] = 1.0
    for level in range(int(steps.max())):
        for dimension, stride in enumerate(strides):
            here = np.flatnonzero((steps == level) & (places[:, dimension] < side - 1))
            flow[here + stride] += flow[here] * policy[here, dimension]
    return flow * policy[:, -1]


def truths(p: NDArray[np.float64], q: NDArray[np.float64], n: int) -> dict[str, float]:
    """What each interval of n draws from p should contain, where the target is q."""
    return {
        "ratio": measure.expected_coverage(p, n) / measure.expected_coverage(q, n),
        "mass_outside": 0.0,
        "mass_of_modes": float(p[modes_of(q)].sum()),
        "chi_square": float((p**2 / q).sum() - 1.0),
    }


def modes_of(q: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The ids of the highest mass."""
    return q >= q.max() * (1 - 1e-9)


def holds(estimate: measure.Estimate, truth: float) -> bool | None:
    """Whether the interval contains the truth; None without an interval."""
    if estimate.interval is None:
        return None
    low, high = estimate.interval
    # A sum over 19,683 masses differs from their exact sum in the last digits.
    slack = 1e-12
    return (low is None or low - slack <= truth) and (high is None or truth <= high + slack)


def held(
    samples: Iterator[NDArray[np.int64]],
    q: NDArray[np.float64],
    truth: Mapping[str, float],
    on_sample: Callable[[int], None],
) -> dict[str, Any]:
    """How often each interval of these samples (counts per id) holds, and what they come to."""
    found: dict[str, list[bool | None]] = {name: [] for name in INTERVALS}
    values: dict[str, list[float]] = {name: [] for name in (*INTERVALS, "l1", "jensen_shannon")}
    apart = []
    for number, counts in enumerate(samples):
        report = measure.against_target(
            *(counts, q), kind="counts", num_simulations=SIMULATIONS, seed=number
        )
        for name, each in values.items():
            each.append(float(report.estimates[name]))
        for name, each in found.items():
            each.append(holds(report.estimates[name], truth[name]))
        apart.append(report.told_apart)
        on_sample(1)
    shares = {
        name: None if None in each else sum(map(bool, each)) / len(each)
        for name, each in found.items()
    }
    return {
        "num_samples": len(apart),
        "share_of_intervals_that_hold": shares,
        "mean": {name: float(np.mean(each)) for name, each in values.items()},
        "standard_deviation": {name: float(np.std(each)) for name, each in values.items()},
        "told_apart_from_a_perfect_sampler": sum(map(bool, apart)) / len(apart),
    }


def drawn(p: NDArray[np.float64], n: int, num: int, stream: int) -> Iterator[NDArray[np.int64]]:
    """Counts of independent samples of n draws."""
    rng = numpy_generator(0, "benchmark", stream)
    for _ in range(num):
        yield rng.multinomial(n, p / p.sum())


class Peer:
    """A GFlowNet of torchgfn on the grid: its training, its policy, its sampler."""

    def __init__(self, reward: Mapping[str, float]) -> None:
        import torch
        from gfn.estimators import DiscretePolicyEstimator
        from gfn.gflownet import TBGFlowNet
        from gfn.gym import HyperGrid
        from gfn.preprocessors import KHotPreprocessor
        from gfn.utils.modules import MLP

        torch.set_num_threads(1)
        torch.manual_seed(derive_seed(0, "initialisation"))
        self.env = HyperGrid(
            DIMENSIONS,
            SIDE,
            reward_fn_kwargs=dict(reward),
            store_all_states=True,
            validate_modes=False,
        )
        hot = KHotPreprocessor(SIDE, DIMENSIONS)
        forward = MLP(hot.output_dim, self.env.n_actions)
        backward = MLP(hot.output_dim, self.env.n_actions - 1, trunk=forward.trunk)
        self.forward = DiscretePolicyEstimator(forward, self.env.n_actions, hot)
        self.flow = TBGFlowNet(
            self.forward,
            DiscretePolicyEstimator(backward, self.env.n_actions, hot, is_backward=True),
        )
        self.optimizer = torch.optim.Adam(
            [
                {"params": self.flow.pf_pb_parameters(), "lr": RATE},
                {"params": self.flow.logz_parameters(), "lr": RATE_OF_LOG_Z},
            ]
        )

    def train(self, path: Path, seconds: float) -> dict[str, Any]:
        """Train until the clock, which stops between runs, shows these seconds."""
        import torch

        spent, steps = 0.0, 0
        if path.exists():
            saved = torch.load(path, weights_only=True)
            self.flow.load_state_dict(saved["flow"])
            self.optimizer.load_state_dict(saved["optimizer"])
            torch.set_rng_state(saved["rng"])
            spent, steps = saved["seconds"], saved["steps"]
        started = shown = saved_at = time.process_time() - spent
        while spent < seconds:
            trajectories = self.flow.sample_trajectories(
                self.env, BATCH, save_logprobs=False, epsilon=EXPLORATION
            )
            self.optimizer.zero_grad()
            loss = self.flow.loss(self.env, trajectories, recalculate_all_logprobs=True)
            loss.backward()
            self.optimizer.step()
            steps, now = steps + 1, time.process_time()
            spent = now - started
            if now - shown > 10:
                shown = now
                click.echo(f"  {spent:4.0f} s, step {steps:,}, loss {loss.item():.4f}", err=True)
            if now - saved_at > 30 or spent >= seconds:
                saved_at = now
                self._save(path, spent, steps)
        return {"seconds": round(spent, 1), "steps": steps, "trajectories": steps * BATCH}

    def _save(self, path: Path, seconds: float, steps: int) -> None:
        import torch

        state = {
            "flow": self.flow.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": torch.get_rng_state(),
            "seconds": seconds,
            "steps": steps,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def target(self) -> NDArray[np.float64]:
        """The rewards of all states, as masses."""
        rewards = self.env.reward(self.env.all_states).double().numpy()
        return rewards / rewards.sum()

    def masses(self) -> NDArray[np.float64]:
        """The exact chance of each state to end a trajectory."""
        import torch

        states = self.env.all_states
        numbers = self.env.get_states_indices(states).numpy()
        if not np.array_equal(numbers, np.arange(SIDE**DIMENSIONS)):
            raise click.ClickException("torchgfn numbers its states in another way than expected")
        with torch.no_grad():
            logits = self.forward.to_probability_distribution(states, self.forward(states)).logits
        return terminating_masses(torch.softmax(logits.double(), -1).numpy(), SIDE)

    def sample(self, n: int) -> NDArray[np.int64]:
        """Draws of torchgfn's own sampler."""
        import torch

        parts = []
        with torch.no_grad():
            while (left := n - sum(map(len, parts))) > 0:
                ended = self.flow.sample_terminating_states(self.env, min(left, CHUNK))
                parts.append(self.env.get_terminating_states_indices(ended).numpy())
        return np.concatenate(parts)

    def validate(self, n: int) -> tuple[dict[str, float], NDArray[np.int64]]:
        """torchgfn's own figures at n draws, and these draws."""
        import torch

        with torch.no_grad(), warnings.catch_warnings():
            # It says itself that they are unreliable with fewer than ten draws a state.
            warnings.simplefilter("ignore", UserWarning)
            figures, ended = self.env.validate(self.flow, n, sampling_chunk_size=CHUNK)
        return figures, self.env.get_terminating_states_indices(ended).numpy()


def side_by_side(peer: Peer, q: NDArray[np.float64], p: NDArray[np.float64], n: int) -> Any:
    """torchgfn's own figures and ours, of the same n draws of its sampler."""
    own, draws = peer.validate(n)
    report = measure.against_target(draws, q)
    # The draws are held against the dynamic programming, too: they must not be told apart.
    model = measure.against_target(draws, p / p.sum(), num_simulations=SIMULATIONS)
    floor = report.floors["l1"]
    return {
        "torchgfn": own,
        "ours": {name: each.as_dict() for name, each in report.estimates.items()},
        "floor_of_l1": {"mean": floor.mean, "standard_deviation": floor.standard_deviation},
        "l1_above_its_floor_in_deviations": floor.excess,
        "told_apart": report.told_apart,
        "p_value": report.p_value,
        "independent": report.independence.holds,
        "p_value_against_the_exact_distribution": model.p_value,
    }


def limits(q: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """What a perfect sampler of the target comes to, by n."""
    return {
        str(n): {
            "limit_of_coverage": measure.expected_coverage(q, n),
            "coverage_of_fair_dice": measure.uniform_coverage(n, len(q)),
            "floor_of_l1": measure.l1_floor(q, n),
        }
        for n in NUM_DRAWS
    }


def measured(peer: Peer, num_samples: int, num_pooled: int) -> dict[str, Any]:
    """All that is measured of the trained model."""
    q, p = peer.target(), peer.masses()
    click.echo(f"{num_pooled:,} draws of torchgfn's sampler", err=True)
    pool = peer.sample(num_pooled)
    modes, of_target = modes_of(q), limits(q)
    exact = {
        "total": float(p.sum()),
        "l1": float(np.abs(p - q).sum()),
        "chi_square": float((p**2 / q).sum() - 1.0),
        "mass_outside": 0.0,
        "num_modes": int(modes.sum()),
        "mass_of_modes": float(p[modes].sum()),
        "mass_of_modes_of_the_target": float(q[modes].sum()),
        "p_value_of_the_pool_against_it": measure.against_target(pool, p / p.sum()).p_value,
    }
    by_n = {}
    for n in NUM_DRAWS:
        truth = truths(p, q, n)
        num_real = min(num_samples, len(pool) // n)
        real = (np.bincount(part, minlength=len(q)) for part in pool.reshape(-1, n)[:num_real])
        with click.progressbar(length=2 * num_samples + num_real, label=f"n = {n:,}") as bar:
            by_n[str(n)] = {
                "exact": {
                    **truth,
                    "coverage": measure.expected_coverage(p, n),
                    **of_target[str(n)],
                },
                "one_run_of_torchgfn": side_by_side(peer, q, p, n),
                "exact_model": held(drawn(p, n, num_samples, n), q, truth, bar.update),
                "torchgfn_sampler": held(real, q, truth, bar.update),
                "perfect_sampler": held(
                    drawn(q, n, num_samples, n + 1), q, truths(q, q, n), bar.update
                ),
            }
    return {"exact": exact, "num_draws": by_n}


def show(record: dict[str, Any]) -> None:
    """Print what the model came to."""
    steps, exact = record["training"]["steps"], record["exact"]
    click.echo(f"{steps:,} steps, exact L1 {exact['l1']:.4f}")
    for n, each in record["num_draws"].items():
        run, floor = each["one_run_of_torchgfn"], each["one_run_of_torchgfn"]["floor_of_l1"]
        click.echo(
            f"n = {int(n):,}: torchgfn's L1 {run['torchgfn']['l1_dist']:.4f}, of a perfect sampler "
            f"{floor['mean']:.4f} +- {floor['standard_deviation']:.4f} "
            f"({run['l1_above_its_floor_in_deviations']:+.1f} deviations)"
        )
        for way in ("exact_model", "torchgfn_sampler", "perfect_sampler"):
            held_by = each[way]["share_of_intervals_that_hold"]
            text = ", ".join(
                f"{figure} {'withheld' if share is None else format(share, '.1%')}"
                for figure, share in held_by.items()
            )
            click.echo(f"  {way.replace('_', ' ')}: intervals that hold: {text}")


@click.command()
@click.option("--seconds", default=300.0, show_default=True, help="Of training.")
@click.option("--samples", default=200, show_default=True, help="Of each n.")
@click.option("--pool", default=2_000_000, show_default=True, help="Draws of torchgfn's sampler.")
@click.option("--folder", default="results/gflownet_peer", show_default=True)
@click.option("--output", default="benchmarks/gflownet_peer.json", show_default=True)
def main(seconds: float, samples: int, pool: int, folder: str, output: str) -> None:
    """Hold reports against a known target to the exact distribution of a GFlowNet."""
    peer = Peer(REWARD)
    training = peer.train(ROOT / folder / "model.pt", seconds)
    record = {
        "schema": "fluxttice_core/gflownet-peer/v1",
        "command": "python benchmarks/gflownet_peer.py",
        "peer": {"torchgfn": version("torchgfn")},
        "grid": {"ndim": DIMENSIONS, "height": SIDE, "num_states": SIDE**DIMENSIONS},
        "reward": REWARD,
        "training": {
            "loss": "trajectory balance",
            "threads": 1,
            "batch": BATCH,
            "exploration": EXPLORATION,
            "learning_rate": RATE,
            "learning_rate_of_log_z": RATE_OF_LOG_Z,
            **training,
        },
        "num_simulations": SIMULATIONS,
        **measured(peer, samples, pool),
        "limits_of_the_default_reward": limits(Peer(DEFAULT_REWARD).target()),
        "environment": describe_environment(),
    }
    (ROOT / output).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    show(record)


if __name__ == "__main__":
    main()
