"""Every regulariser against enumeration: over pairs, over marginals, over all 19,683 operations."""

import itertools
import math

import pytest
import torch
from torch.distributions import Categorical

from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.objective.regularisers import (
    collision_chi_square,
    conditional_entropy,
    entropy_alignment,
    output_entropy,
    pair_collision_chi_square,
    repulsion,
    trit_products,
)

CLASSES = torch.from_numpy(generate_all_operations()).long() + 1
N = 19_683


def logits_of(batch, *, seed=0, scale=2.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(batch, 9, 3, dtype=torch.double, generator=generator)


def joint(probabilities):
    """``p(x | z_i)`` for every operation, one trit at a time: ``(batch, 19683)``."""
    result = torch.ones(len(probabilities), N, dtype=torch.double)
    for trit in range(9):
        result *= probabilities[:, trit, CLASSES[:, trit]]
    return result


def chi_square(marginal):
    return (len(marginal) * marginal.square().sum() - 1.0).item()


class TestTritProducts:
    def test_are_the_joint_in_index_order(self):
        probabilities = logits_of(4).softmax(-1)
        low, high = trit_products(probabilities)
        assert low.shape == (81, 4)
        assert high.shape == (243, 4)
        for item in range(4):
            ours = torch.outer(high[:, item], low[:, item]).reshape(-1)
            assert torch.allclose(ours, joint(probabilities)[item], rtol=1e-12, atol=0)

    def test_a_certain_operation_is_at_its_index(self):
        for index in (0, 5, 9841, 12345, 19682):
            certain = torch.nn.functional.one_hot(CLASSES[index], 3)[None].double()
            low, high = trit_products(certain)
            assert (high @ low.T).reshape(-1).argmax().item() == index


class TestCollision:
    @pytest.mark.parametrize("batch", [2, 3, 7])
    def test_is_the_mean_over_pairs_of_different_latents(self, batch):
        probabilities = logits_of(batch, seed=batch).softmax(-1)
        each = joint(probabilities)
        pairs = [
            (each[i] * each[j]).sum().item() for i in range(batch) for j in range(batch) if i != j
        ]
        expected = N * sum(pairs) / len(pairs) - 1.0
        assert collision_chi_square(probabilities).item() == pytest.approx(expected, rel=1e-10)

    @pytest.mark.parametrize("batch", [2, 3])
    def test_is_unbiased(self, batch):
        """Every batch that can be drawn from a prior of three atoms, averaged, is the truth."""
        atoms = logits_of(3, seed=9, scale=1.0).softmax(-1)
        truth = chi_square(joint(atoms).mean(0))
        values = [
            collision_chi_square(atoms[list(drawn)]).item()
            for drawn in itertools.product(range(3), repeat=batch)
        ]
        assert sum(values) / len(values) == pytest.approx(truth, rel=1e-10)
        # The plug-in value of a batch would be biased: the test can tell.
        plug_in = [
            chi_square(joint(atoms[list(drawn)]).mean(0))
            for drawn in itertools.product(range(3), repeat=2)
        ]
        assert sum(plug_in) / len(plug_in) > 1.05 * truth

    def test_known_values(self):
        uniform = torch.full((5, 9, 3), 1 / 3, dtype=torch.double)
        assert collision_chi_square(uniform).item() == pytest.approx(0.0, abs=1e-10)
        same = torch.nn.functional.one_hot(CLASSES[[7, 7]], 3).double()
        assert collision_chi_square(same).item() == pytest.approx(N - 1)
        different = torch.nn.functional.one_hot(CLASSES[[7, 8]], 3).double()
        assert collision_chi_square(different).item() == pytest.approx(-1.0)

    def test_gradient_is_that_of_finite_differences(self):
        """Along five random directions, in float64, by central differences."""
        logits = logits_of(3, seed=4, scale=1.0).requires_grad_()

        def value(at):
            return collision_chi_square(at.softmax(-1))

        (gradient,) = torch.autograd.grad(value(logits), logits)
        for seed in range(5):
            direction = logits_of(3, seed=100 + seed, scale=1.0)
            with torch.no_grad():
                ahead, behind = value(logits + 1e-5 * direction), value(logits - 1e-5 * direction)
            expected = (ahead - behind) / 2e-5
            along = (gradient * direction).sum()
            assert along.item() == pytest.approx(expected.item(), rel=1e-7)
            assert abs(along.item()) > 1e-3


class TestPairCollision:
    @staticmethod
    def enumerated(probabilities):
        batch = len(probabilities)
        values = []
        for a, b in itertools.combinations(range(9), 2):
            cells = [torch.outer(probabilities[i, a], probabilities[i, b]) for i in range(batch)]
            total = sum(
                (cells[i] * cells[j]).sum().item()
                for i in range(batch)
                for j in range(batch)
                if i != j
            )
            values.append(9 * total / (batch * (batch - 1)) - 1)
        assert len(values) == 36
        return sum(values) / 36

    @pytest.mark.parametrize("batch", [2, 5])
    def test_is_the_mean_over_pairs_of_latents_and_of_trits(self, batch):
        probabilities = logits_of(batch, seed=batch).softmax(-1)
        assert pair_collision_chi_square(probabilities).item() == pytest.approx(
            self.enumerated(probabilities), rel=1e-10
        )

    def test_is_unbiased(self):
        atoms = logits_of(3, seed=8).softmax(-1)
        truth = []
        for a, b in itertools.combinations(range(9), 2):
            marginal = torch.einsum("ic,id->cd", atoms[:, a], atoms[:, b]) / 3
            truth.append(chi_square(marginal.reshape(-1)))
        values = [
            pair_collision_chi_square(atoms[list(drawn)]).item()
            for drawn in itertools.product(range(3), repeat=2)
        ]
        assert sum(values) / 9 == pytest.approx(sum(truth) / 36, rel=1e-10)

    def test_known_values(self):
        uniform = torch.full((4, 9, 3), 1 / 3, dtype=torch.double)
        assert pair_collision_chi_square(uniform).item() == pytest.approx(0.0, abs=1e-12)
        same = torch.nn.functional.one_hot(CLASSES[[7, 7]], 3).double()
        assert pair_collision_chi_square(same).item() == pytest.approx(8.0)

    def test_sees_what_single_trits_hide(self):
        """All nine trits equal: each is uniform alone, no pair is."""
        probabilities = torch.eye(3, dtype=torch.double)[:, None, :].expand(3, 9, 3)
        cells = pair_collision_chi_square(probabilities.repeat(100, 1, 1)).item()
        assert cells == pytest.approx(2.0, abs=0.05)

    def test_gradient_is_that_of_finite_differences(self):
        logits = logits_of(3, seed=4, scale=1.0).requires_grad_()
        assert torch.autograd.gradcheck(
            lambda values: pair_collision_chi_square(values.softmax(-1)), (logits,)
        )


class TestConditionalEntropy:
    def test_is_the_entropy_over_all_operations(self):
        logits = logits_of(3)
        each = joint(logits.softmax(-1))
        expected = -(each * each.log()).sum(1).mean()
        assert conditional_entropy(logits.log_softmax(-1)).item() == pytest.approx(
            expected.item(), rel=1e-10
        )

    def test_known_values(self):
        assert conditional_entropy(torch.zeros(2, 9, 3).log_softmax(-1)).item() == pytest.approx(
            math.log(N)
        )
        certain = torch.tensor([[[60.0, -60.0, -60.0]] * 9])
        assert conditional_entropy(certain.log_softmax(-1)).item() == pytest.approx(0.0, abs=1e-6)

    @pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
    def test_value_and_gradient_are_finite_when_saturated(self, size):
        logits = torch.tensor([[[size, -size, 0.0]] * 9] * 2, requires_grad=True)
        value = conditional_entropy(logits.log_softmax(-1))
        value.backward()
        assert torch.isfinite(value)
        assert torch.isfinite(logits.grad).all()
        # P log P written out would not be: this is the trap.
        naive = torch.tensor([1e4, -1e4, 0.0], requires_grad=True)
        probabilities = naive.softmax(-1)
        (probabilities * probabilities.log()).sum().backward()
        assert torch.isnan(naive.grad).any()

    def test_gradient_is_that_of_finite_differences(self):
        assert torch.autograd.gradcheck(
            lambda logits: conditional_entropy(logits.log_softmax(-1)),
            (logits_of(3).requires_grad_(),),
        )


class TestOutputEntropy:
    def test_is_the_entropy_of_the_batch_mean(self):
        logits = logits_of(11)
        expected = Categorical(probs=logits.softmax(-1).mean(0)).entropy().mean()
        assert output_entropy(logits).item() == pytest.approx(expected.item(), rel=1e-9)

    def test_two_certain_and_opposite_items(self):
        logits = torch.tensor([[[60.0, -60.0, -60.0]] * 9, [[-60.0, 60.0, -60.0]] * 9])
        logits.requires_grad_()
        value = output_entropy(logits)
        value.backward()
        assert value.item() == pytest.approx(math.log(2), abs=1e-6)
        assert torch.isfinite(logits.grad).all()


class TestRepulsion:
    def test_is_the_mean_of_a_double_loop(self):
        codes = 0.4 * torch.randn(
            7, 16, dtype=torch.double, generator=torch.Generator().manual_seed(0)
        )
        total, count = 0.0, 0
        for i in range(7):
            for j in range(7):
                if i != j:
                    squared = sum((codes[i, d] - codes[j, d]).item() ** 2 for d in range(16))
                    total += math.exp(-squared / 0.25)
                    count += 1
        assert repulsion(codes).item() == pytest.approx(total / count, rel=1e-9)
        assert total > 0

    def test_known_values(self):
        assert repulsion(torch.ones(5, 16)).item() == pytest.approx(1.0)
        assert repulsion(100.0 * torch.eye(16)).item() == 0.0
        near = torch.tensor([[0.0] * 16, [0.5] + [0.0] * 15])
        assert repulsion(near).item() == pytest.approx(math.exp(-1))
        assert repulsion(torch.ones(1, 16)).item() == 0.0

    def test_descending_it_drives_codes_apart(self):
        codes = torch.tensor([[0.0, 0.0], [0.1, 0.0]], requires_grad=True)
        repulsion(codes).backward()
        step = -codes.grad
        assert step[1, 0] > 0 > step[0, 0]

    def test_gradient_is_that_of_finite_differences(self):
        codes = 0.3 * torch.randn(4, 3, dtype=torch.double, requires_grad=True)
        assert torch.autograd.gradcheck(repulsion, (codes,))


class TestEntropyAlignment:
    def test_is_the_distance_and_pulls_both(self):
        first = torch.tensor(2.0, requires_grad=True)
        second = torch.tensor(1.5, requires_grad=True)
        value = entropy_alignment(first, second)
        value.backward()
        assert value.item() == 0.5
        assert (first.grad.item(), second.grad.item()) == (1.0, -1.0)
