"""The evidence lower bound's terms, against distributions written by others and by hand."""

import math

import pytest
import torch
from torch.distributions import Categorical, Normal, kl_divergence

from fluxttice_core.objective.elbo import (
    apply_free_bits,
    bounded_log_variance,
    kl_to_standard_normal,
    negative_elbo,
    reconstruction_nll,
)


def normals(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.double, generator=torch.Generator().manual_seed(seed))


def test_kl_is_that_of_two_gaussians():
    mean, logvar = 3 * normals(20, 16), 2 * normals(20, 16, seed=1)
    expected = kl_divergence(
        Normal(mean, (0.5 * logvar).exp()), Normal(torch.zeros(()), torch.ones(()))
    )
    assert torch.allclose(kl_to_standard_normal(mean, logvar), expected, rtol=1e-12, atol=1e-14)


def test_kl_by_hand():
    values = kl_to_standard_normal(
        torch.tensor([0.0, 2.0, 0.0]), torch.tensor([0.0, 0.0, math.log(4.0)])
    )
    assert values.tolist() == pytest.approx([0.0, 2.0, 1.5 - math.log(2.0)], abs=1e-6)


def test_nll_is_minus_the_log_probability_of_nine_choices():
    logits = 4 * normals(12, 9, 3)
    classes = torch.randint(0, 3, (12, 9), generator=torch.Generator().manual_seed(2))
    expected = -Categorical(logits=logits).log_prob(classes).sum(dim=1)
    assert torch.allclose(reconstruction_nll(logits, classes), expected, rtol=1e-12)


def test_nll_reads_class_c_as_trit_c_minus_one():
    logits = torch.full((1, 9, 3), -50.0)
    classes = torch.tensor([[0, 1, 2, 0, 1, 2, 0, 1, 2]])
    logits.scatter_(2, classes[..., None], 50.0)
    assert reconstruction_nll(logits, classes).item() == 0.0
    assert reconstruction_nll(logits, 2 - classes).item() == pytest.approx(600.0)


def test_free_bits_act_per_item_and_per_dimension():
    kl = torch.tensor([[0.2, 0.9], [0.6, 0.1]], requires_grad=True)
    held = apply_free_bits(kl, 0.5)
    assert held.tolist() == [[0.5, pytest.approx(0.9)], [pytest.approx(0.6), 0.5]]
    held.sum().backward()
    assert kl.grad.tolist() == [[0.0, 1.0], [1.0, 0.0]]
    # Neither the mean over the batch (0.4, 0.5) nor the sum over dimensions is what is compared.
    assert held.sum().item() == pytest.approx(2.5)


def test_no_free_bits_is_the_identity():
    kl = normals(4, 16).square()
    assert torch.equal(apply_free_bits(kl, 0.0), kl)


@pytest.mark.parametrize(
    ("beta", "free_bits", "expected"),
    [
        (0.0, 0.0, 3.0),
        (1.0, 0.0, 3.0 + 1.0),
        (0.5, 0.0, 3.0 + 0.5),
        (0.5, 0.6, 3.0 + 0.5 * ((0.6 + 0.6) + (0.7 + 0.8)) / 2),
    ],
)
def test_negative_elbo_by_hand(beta, free_bits, expected):
    nll, kl = torch.tensor([2.0, 4.0]), torch.tensor([[0.2, 0.3], [0.7, 0.8]])
    assert negative_elbo(nll, kl, beta, free_bits).item() == pytest.approx(expected)


def test_negative_elbo_bounds_the_evidence_of_a_model_solved_by_hand():
    """p(z) = N(0, 1), p(x | z) = N(x; z, 1): p(x) = N(0, 2), posterior N(x / 2, 1 / 2)."""
    x = 1.3
    evidence = Normal(0.0, math.sqrt(2.0)).log_prob(torch.tensor(x)).item()

    def bound(mean, variance):
        expected_nll = 0.5 * math.log(2 * math.pi) + 0.5 * ((x - mean) ** 2 + variance)
        kl = kl_to_standard_normal(torch.tensor([[mean]]), torch.tensor([[math.log(variance)]]))
        return negative_elbo(torch.tensor([expected_nll]), kl, 1.0).item()

    assert bound(x / 2, 0.5) == pytest.approx(-evidence, abs=1e-6)
    assert bound(x / 2 + 0.2, 0.5) > -evidence + 0.01
    assert bound(x / 2, 0.7) > -evidence + 0.01


def test_log_variance_is_bounded_and_otherwise_untouched():
    values = torch.tensor([-50.0, -10.0, -3.0, 0.0, 9.5, 1000.0])
    bounded = bounded_log_variance(values)
    assert bounded.tolist() == [-10.0, -10.0, -3.0, 0.0, 9.5, 10.0]
    assert torch.isfinite(bounded.exp()).all()
