"""The codebook terms against enumeration, against codes whose answer is known, and damaged ones."""

import itertools
import math

import numpy as np
import pytest
import torch

from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.objective.codebook import (
    code_alignment,
    distance_stress,
    influence_spread,
    influences,
    resample_one_coordinate,
    smoothed_collision_chi_square,
)
from fluxttice_core.objective.regularisers import collision_chi_square

OPERATIONS = torch.from_numpy(generate_all_operations()).double()
CLASSES = OPERATIONS.long() + 1
N = 19_683
TERCILE = 0.4307272992954576


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def probabilities_of(batch, *, seed=0, scale=2.0):
    logits = scale * torch.randn(batch, 9, 3, dtype=torch.double, generator=generator(seed))
    return logits.softmax(-1)


def joint(probabilities):
    """``p(x | z_i)`` for every operation, ``(batch, 19683)``."""
    result = torch.ones(len(probabilities), N, dtype=torch.double)
    for trit in range(9):
        result *= probabilities[:, trit, CLASSES[:, trit]]
    return result


def chi_square(marginal):
    return (len(marginal) * marginal.square().sum() - 1.0).item()


def axis_decoder(latents, directions=None, slope=400.0):
    """Trit k cut at the terciles of a unit direction: by default the latent axis k."""
    seen = latents[:, :9] if directions is None else latents @ directions.T
    zero = torch.zeros_like(seen)
    logits = torch.stack([-slope * (seen + TERCILE), zero, slope * (seen - TERCILE)], dim=-1)
    return logits.softmax(-1)


def spread_of(decoder, *, rows=16 * 1500, seed=0, latent_dim=16):
    first, second = (
        torch.randn(rows, latent_dim, dtype=torch.double, generator=generator(seed + part))
        for part in range(2)
    )
    moved = resample_one_coordinate(first, second)
    return influences(decoder(first), decoder(moved), latent_dim)


class TestSmoothedCollision:
    @pytest.mark.parametrize("smoothing", [0.3, 0.7, 1.0])
    def test_is_unbiased_for_the_smoothed_marginal(self, smoothing):
        """Every batch that can be drawn from a prior of three atoms, averaged, is the truth."""
        atoms = probabilities_of(3, seed=9, scale=1.0)
        smoothed = smoothing * atoms + (1 - smoothing) / 3
        truth = chi_square(joint(smoothed).mean(0))
        values = [
            smoothed_collision_chi_square(atoms[list(drawn)], smoothing).item()
            for drawn in itertools.product(range(3), repeat=2)
        ]
        assert sum(values) / len(values) == pytest.approx(truth, rel=1e-9)
        assert truth > 1e-3

    def test_damps_each_order_by_mu_to_the_twice_order(self):
        """The sum over characters of Z_3^9, from a Fourier transform of the marginal."""
        atoms = probabilities_of(3, seed=2, scale=1.0)
        table = joint(atoms).mean(0).reshape((3,) * 9)
        power = torch.from_numpy(np.abs(np.fft.fftn(table.numpy())) ** 2)
        axes = torch.meshgrid(*[torch.tensor([0, 1, 1])] * 9, indexing="ij")
        order = torch.stack(axes).sum(0)
        mu = 0.6
        expected = sum(mu ** (2 * s) * power[order == s].sum().item() for s in range(1, 10))
        values = [
            smoothed_collision_chi_square(atoms[list(drawn)], mu).item()
            for drawn in itertools.product(range(3), repeat=2)
        ]
        assert sum(values) / len(values) == pytest.approx(expected, rel=1e-9)
        undamped = sum(power[order == s].sum().item() for s in range(1, 10))
        assert undamped > 1.5 * expected

    def test_one_is_the_collision_term(self):
        atoms = probabilities_of(5)
        assert smoothed_collision_chi_square(atoms, 1.0).item() == pytest.approx(
            collision_chi_square(atoms).item(), rel=1e-12
        )

    def test_is_far_less_noisy_and_still_sees_a_loaded_code(self):
        """Batches of a perfect code: a tenth of the noise; batches of one that leans: the lean."""
        draws = generator(1)

        def values(smoothing, scale):
            latents = torch.randn(40, 256, 16, dtype=torch.double, generator=draws)
            latents[..., 0] *= scale
            return torch.stack(
                [smoothed_collision_chi_square(axis_decoder(z), smoothing) for z in latents]
            )

        even, rough = values(0.7, 1.0), values(1.0, 1.0)
        assert even.std() < 0.1 * rough.std()
        assert even.mean().abs() < 4 * even.std() / math.sqrt(40)
        assert values(0.7, 3.0).mean() > 5 * even.std() / math.sqrt(40)

    def test_gradient_is_that_of_finite_differences(self):
        logits = torch.randn(3, 9, 3, dtype=torch.double, generator=generator(4))
        logits.requires_grad_()

        def value(at):
            return smoothed_collision_chi_square(at.softmax(-1), 0.7)

        (gradient,) = torch.autograd.grad(value(logits), logits)
        direction = torch.randn(3, 9, 3, dtype=torch.double, generator=generator(5))
        with torch.no_grad():
            ahead, behind = value(logits + 1e-5 * direction), value(logits - 1e-5 * direction)
        assert (gradient * direction).sum().item() == pytest.approx(
            ((ahead - behind) / 2e-5).item(), rel=1e-6
        )


class TestResampling:
    def test_each_row_changes_in_its_own_coordinate_only(self):
        latents = torch.zeros(48, 16)
        fresh = 1.0 + torch.arange(48.0 * 16).reshape(48, 16)
        moved = resample_one_coordinate(latents, fresh)
        assert torch.equal(moved, torch.eye(16).repeat(3, 1) * fresh)
        assert latents.abs().max() == 0, "the latents given must be left as they are"


class TestInfluences:
    def test_is_the_total_sobol_index_of_an_enumerated_prior(self):
        """Two latents of three equal atoms each: E Var(P | the other latents), by hand."""
        atoms = torch.tensor([-1.0, 0.2, 1.5], dtype=torch.double)
        weights = torch.randn(9, 3, 2, dtype=torch.double, generator=generator(3))

        def decoder(z):
            return torch.einsum("kcd,bd->bkc", weights, z).add(z.prod(1)[:, None, None]).softmax(-1)

        rows, fresh = [], []
        for first, second, new in itertools.product(range(3), repeat=3):
            for _ in range(2):  # once for each coordinate's turn
                rows.append([atoms[first], atoms[second]])
                fresh.append([atoms[new], atoms[new]])
        latents, anew = torch.tensor(rows).double(), torch.tensor(fresh).double()
        found = influences(decoder(latents), decoder(resample_one_coordinate(latents, anew)), 2)
        grid = torch.stack([decoder(torch.stack([atoms, a.expand(3)], dim=1)) for a in atoms], 1)
        for coordinate in range(2):
            expected = grid.var(dim=coordinate, unbiased=False).sum(-1).mean(0)
            assert torch.allclose(found[coordinate], expected, rtol=1e-10)
        assert found.min() > 1e-3

    def test_a_tercile_code_changes_its_trit_two_times_in_three(self):
        found = spread_of(axis_decoder)
        assert torch.allclose(found[:9].diagonal(), torch.tensor(2 / 3).double(), atol=0.06)
        rest = found.clone()
        rest[range(9), range(9)] = 0.0
        assert rest.abs().max() == 0.0

    def test_a_decoder_that_ignores_its_latents_has_none(self):
        assert spread_of(lambda z: torch.full((len(z), 9, 3), 1 / 3)).abs().max() == 0


class TestInfluenceSpread:
    def test_zero_where_each_trit_reads_one_latent_whichever_it_be(self):
        influence = torch.zeros(16, 9, dtype=torch.double)
        latents = torch.randperm(16, generator=generator(2))[:9]
        influence[latents, torch.arange(9)] = torch.linspace(0.1, 0.9, 9).double()
        assert influence_spread(influence).item() == pytest.approx(0.0, abs=1e-6)

    def test_known_value(self):
        influence = torch.zeros(16, 9, dtype=torch.double)
        influence[2, 4], influence[7, 4] = 0.3, 0.4
        assert influence_spread(influence).item() == pytest.approx(0.7 - 0.5, abs=1e-5)

    def test_is_blind_to_the_order_of_latents_and_of_trits(self):
        influence = torch.rand(16, 9, dtype=torch.double, generator=generator())
        value = influence_spread(influence).item()
        for seed in range(3):
            rows = torch.randperm(16, generator=generator(seed))
            columns = torch.randperm(9, generator=generator(seed + 10))
            assert influence_spread(influence[rows][:, columns]).item() == pytest.approx(value)

    def test_tells_a_rotated_code_from_an_aligned_one(self):
        """Both are exactly uniform: only this term prefers the latents' own axes."""
        rotation = torch.linalg.qr(
            torch.randn(16, 16, dtype=torch.double, generator=generator(6))
        ).Q[:9]
        aligned = influence_spread(spread_of(axis_decoder)).item()
        rotated = influence_spread(spread_of(lambda z: axis_decoder(z, rotation))).item()
        slightly = torch.eye(16, dtype=torch.double)[:9]
        slightly[0, 1] = 0.05
        leaking = influence_spread(spread_of(lambda z: axis_decoder(z, slightly))).item()
        assert aligned == pytest.approx(0.0, abs=1e-5)
        assert leaking > 0.005
        assert rotated > 5.0

    def test_an_aligned_code_gets_no_gradient_from_any_draw(self):
        directions = torch.eye(16, dtype=torch.double)[:9].requires_grad_()
        shift = torch.zeros(9, dtype=torch.double, requires_grad=True)

        def decoder(z):
            return axis_decoder(z + torch.nn.functional.pad(shift, (0, 7)), directions, slope=20.0)

        influence_spread(spread_of(decoder, rows=16 * 40)).backward()
        assert shift.grad.abs().max() < 1e-6
        # The collision term, by comparison, is all noise at a batch of this size.
        shift.grad = None
        latents = torch.randn(640, 16, dtype=torch.double, generator=generator())
        smoothed_collision_chi_square(decoder(latents), 0.7).backward()
        assert shift.grad.abs().max() > 1e-3

    def test_gradient_is_finite_where_nothing_is_read(self):
        influence = torch.zeros(16, 9, requires_grad=True)
        influence_spread(influence).backward()
        assert torch.isfinite(influence.grad).all()


class TestCodeAlignment:
    def test_value_and_one_sided_gradient(self):
        own = torch.tensor([[1.0, 2.0], [0.0, 0.0]], requires_grad=True)
        other = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
        value = code_alignment(own, other)
        value.backward()
        assert value.item() == pytest.approx((5.0 + 25.0) / 2)
        assert torch.equal(own.grad, torch.tensor([[1.0, 2.0], [-3.0, -4.0]]))
        assert other.grad is None


class TestDistanceStress:
    def test_is_the_least_over_scales_of_a_double_loop(self):
        chosen = OPERATIONS[torch.randperm(N, generator=generator())[:10]]
        codes = torch.randn(10, 16, dtype=torch.double, generator=generator(1))
        distances = [(codes[i] - codes[i + 5]).norm().item() for i in range(5)]
        wanted = [math.sqrt((chosen[i] - chosen[i + 5]).abs().sum().item()) for i in range(5)]
        values = [
            sum((d - scale * w) ** 2 for d, w in zip(distances, wanted, strict=True)) / 5
            for scale in (step / 20_000 for step in range(100_000))
        ]
        assert distance_stress(codes, chosen).item() == pytest.approx(min(values), rel=1e-6)

    @pytest.mark.parametrize("scale", [0.1, 1.0, 7.0])
    def test_zero_for_the_thermometer_code_and_only_for_it(self, scale):
        """Two bits a trit, ``x >= 0`` and ``x >= 1``, turn the L1 distance into a square."""
        chosen = OPERATIONS[torch.randperm(N, generator=generator())[:400]]
        code = scale * torch.cat([chosen >= 0, chosen >= 1], dim=1).double()
        assert distance_stress(code, chosen).item() == pytest.approx(0.0, abs=1e-9)
        raw = scale * chosen
        assert distance_stress(raw, chosen).item() > 0.01 * scale**2

    @pytest.mark.parametrize("batch", [1, 2, 3])
    def test_small_batches_and_equal_codes_are_finite(self, batch):
        codes = torch.zeros(batch, 16, requires_grad=True)
        value = distance_stress(codes, torch.zeros(batch, 9))
        value.backward()
        assert value.item() == pytest.approx(0.0, abs=1e-9)
        assert torch.isfinite(codes.grad).all()

    def test_an_odd_item_is_left_out(self):
        codes = torch.randn(5, 16, dtype=torch.double, generator=generator())
        value = distance_stress(codes, OPERATIONS[:5])
        assert value.item() == distance_stress(codes[:4], OPERATIONS[:4]).item() > 0

    def test_gradient_is_that_of_finite_differences(self):
        chosen = OPERATIONS[torch.randperm(N, generator=generator())[:8]]
        codes = torch.randn(8, 5, dtype=torch.double, generator=generator(1)).requires_grad_()
        assert torch.autograd.gradcheck(lambda code: distance_stress(code, chosen), (codes,))
