"""One update: what learns, what does not, and that neither pathway disturbs the other."""

import itertools
import math
from dataclasses import replace

import pytest
import torch

from fluxttice_core.canonical import tensor_hash
from fluxttice_core.config import parse_config
from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.objective import codebook, elbo
from fluxttice_core.training import loop
from fluxttice_core.training.controller import controls_for
from fluxttice_core.training.state import TrainState
from fluxttice_core.training.step import mixing_shares, pathway_parameters, train_step
from tests.support import CODEBOOK_TERMS, EVERYTHING_ON, tiny_mapping

OPERATIONS = torch.from_numpy(generate_all_operations()).float()
CODEBOOK = {"prior_terms": ..., "codebook_terms": CODEBOOK_TERMS}
ALONE = {"cross_injection.mixed_fraction": 0.0}


def step_once(changes=None, *, epoch=5, batch=128, setup=None):
    state = TrainState.start(parse_config(tiny_mapping(changes)))
    controls = controls_for(state.config, epoch, state.feedback)
    if setup:
        setup(state.model)
    before = {name: value.clone() for name, value in state.model.state_dict().items()}
    figures = train_step(
        state.model.train(),
        state.optimizer,
        OPERATIONS[:: len(OPERATIONS) // batch][:batch],
        controls,
        state.config,
        state.streams,
    )
    values = figures.as_dict()
    return state, before, values


@pytest.mark.parametrize("changes", [{}, EVERYTHING_ON, {"prior_terms": ...}, ALONE, CODEBOOK])
def test_gradient_reaches_every_parameter_of_both_pathways(changes):
    state, before, _ = step_once(changes)
    after = state.model.state_dict()
    for name, parameter in state.model.named_parameters():
        if name.startswith("state_net."):
            assert parameter.grad is None
            assert torch.equal(after[name], before[name])
        else:
            assert torch.isfinite(parameter.grad).all(), name
            assert parameter.grad.abs().max() > 0, name
            assert not torch.equal(after[name], before[name]), name


def test_pathways_share_no_parameter_and_leave_none_out():
    state = TrainState.start(parse_config(tiny_mapping()))
    parts = {
        "A": pathway_parameters(state.model, "A"),
        "B": pathway_parameters(state.model, "B"),
        "S": list(state.model.state_net.parameters()),
    }
    storages = [p.data_ptr() for part in parts.values() for p in part]
    assert len(set(storages)) == len(storages)
    assert set(storages) == {p.data_ptr() for p in state.model.parameters()}
    groups = [[p.data_ptr() for p in group["params"]] for group in state.optimizer.param_groups]
    assert groups == [[p.data_ptr() for p in parts[name]] for name in "AB"]


@pytest.mark.parametrize(("own", "other"), [("a", "B"), ("b", "A")])
def test_what_happens_to_one_pathway_does_not_touch_the_other(own, other):
    """A thousandfold KL weight on one side: the other takes the same step to the bit."""
    plain, _, _ = step_once(ALONE)
    burdened, _, _ = step_once(
        {**ALONE, f"vae_{own}.beta_start": 1000.0, f"vae_{own}.beta_end": 1000.0}
    )
    for part in ("encoder", "decoder"):
        for name, value in burdened.model.state_dict().items():
            same = torch.equal(value, plain.model.state_dict()[name])
            if name.startswith(f"{part}_{other}."):
                assert same, name
    moved = f"encoder_{own.upper()}.fc_mu.weight"
    assert not torch.equal(burdened.model.state_dict()[moved], plain.model.state_dict()[moved])


def test_each_pathway_is_clipped_on_its_own():
    state, _, values = step_once({**ALONE, "grad_clip": 0.125, "vae_a.beta_end": 1000.0})
    assert values["grad_norm_A"] > 20 * values["grad_norm_B"] > 20 * 0.125
    for group in state.optimizer.param_groups:
        norm = math.sqrt(sum(p.grad.double().square().sum().item() for p in group["params"]))
        assert norm == pytest.approx(0.125, rel=1e-3)


def test_a_generous_clip_leaves_the_gradient_and_the_reported_norm_is_unclipped():
    state, _, values = step_once({"grad_clip": 1e9})
    clipped, _, same = step_once({"grad_clip": 1e-3})
    assert same["grad_norm_A"] == values["grad_norm_A"]
    assert same["grad_norm_B"] == values["grad_norm_B"]
    for group, key in zip(
        state.optimizer.param_groups, ("grad_norm_A", "grad_norm_B"), strict=True
    ):
        norm = math.sqrt(sum(p.grad.double().square().sum().item() for p in group["params"]))
        assert norm == pytest.approx(values[key], rel=1e-5)
    assert clipped.model.encoder_A.fc_mu.weight.grad.abs().max() < 1e-3


def test_figures_are_those_of_the_equations():
    """The step's own numbers, recomputed from its streams in float64."""
    config = {**ALONE, "prior_terms": ..., "free_bits": 0.5}
    state = TrainState.start(parse_config(tiny_mapping(config)))
    # As they come, several of the numbers are the same for both pathways.
    controls = replace(
        controls_for(state.config, 5, state.feedback),
        lambda1=0.7,
        lambda2=0.4,
        balance_a=1.5,
        balance_b=0.8,
        temp_a=0.9,
        temp_b=0.5,
        beta_a=0.3,
        beta_b=0.6,
        lr_a=1e-3,
        lr_b=2e-3,
    )
    batch = OPERATIONS[1000:1128]
    noise = torch.Generator()
    noise.set_state(state.streams["noise"].get_state())
    model = state.model.double()
    loss = 0.0
    expected = {}
    for pathway, temp, beta, weight in (
        ("A", controls.temp_a, controls.beta_a, controls.lambda1 * controls.balance_a),
        ("B", controls.temp_b, controls.beta_b, controls.lambda2 * controls.balance_b),
    ):
        with torch.no_grad():
            mean, logvar = model.encoder(pathway)(batch.double())
            draws = torch.randn(mean.shape, generator=noise)
            logits = model.decoder(pathway)(mean + temp * (logvar / 2).exp() * draws)
        log_p = logits.log_softmax(-1).gather(2, (batch.long() + 1)[..., None]).sum((1, 2))
        kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar)
        expected[f"nll_{pathway}"] = -log_p.mean().item()
        expected[f"kl_{pathway}"] = kl.sum(1).mean().item()
        floor = torch.where(kl < 0.5, 0.5, kl).sum(1).mean().item()
        loss += weight * (expected[f"nll_{pathway}"] + beta * floor)
    model.float()
    figures = train_step(
        model.train(), state.optimizer, batch, controls, state.config, state.streams
    )
    values = figures.as_dict()
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-5), name
    assert values["loss"] == pytest.approx(loss, rel=1e-5)
    assert [group["lr"] for group in state.optimizer.param_groups] == [1e-3, 2e-3]
    # What is logged as KL is the KL, free bits or not; only the objective sees them.
    assert values["kl_A"] < 16 * 0.5


def test_an_overflowing_log_variance_gives_a_finite_step():
    def widen(model):
        with torch.no_grad():
            model.encoder_A.fc_logvar.bias.fill_(500.0)
            model.encoder_B.fc_logvar.bias.fill_(-500.0)

    state, _, values = step_once(setup=widen)
    assert all(math.isfinite(value) for value in values.values())
    assert all(torch.isfinite(value).all() for value in state.model.state_dict().values())
    assert elbo.MAX_LOG_VARIANCE == 10.0


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_mixing_shares(fraction):
    shares = mixing_shares(20_000, 0.37, fraction, torch.Generator().manual_seed(0))
    assert shares.shape == (20_000, 1)
    assert {round(value, 6) for value in shares.unique().tolist()} <= {0.0, 0.37}
    assert (shares > 0).double().mean().item() == pytest.approx(fraction, abs=0.02)


def test_entropy_alignment_pulls_the_two_latent_clouds_together():
    def widen(model):
        with torch.no_grad():
            model.encoder_A.fc_mu.weight.mul_(5.0)

    changes = {"prior_terms": ..., **ALONE}
    _, _, without = step_once(changes, setup=widen)
    state, _, strong = step_once(
        {**changes, "model.lambda3_base": 5.0, "model.lambda3_amplitude": 0.0}, setup=widen
    )
    gap = abs(without["H_A"] - without["H_B"])
    assert strong["loss"] - without["loss"] == pytest.approx(5.0 * gap, rel=1e-4)
    # Descending the term narrows A, which is the wider one: its gradient is alive.
    plain, _, _ = step_once(changes, setup=widen)
    difference = (
        state.model.encoder_A.fc_logvar.bias.grad - plain.model.encoder_A.fc_logvar.bias.grad
    )
    assert difference.abs().max() > 0


def test_short_batches_and_batches_of_one():
    for batch, changes in itertools.product((1, 2), (EVERYTHING_ON, CODEBOOK)):
        state, _, values = step_once(changes, batch=batch)
        assert all(math.isfinite(value) for value in values.values())
        assert all(torch.isfinite(p).all() for p in state.model.parameters())


def test_the_codebook_terms_enter_the_loss_with_their_weights():
    """The step's figures and loss, recomputed in float64 from the networks and the streams."""
    changes = {**CODEBOOK, **ALONE}
    _, _, without = step_once({"prior_terms": ..., **ALONE})
    _, _, values = step_once(changes)
    fresh = TrainState.start(parse_config(tiny_mapping(changes)))
    controls = controls_for(fresh.config, 5, fresh.feedback)
    ramps = controls.codebook
    assert (ramps.temperature, ramps.influence_weight) == (pytest.approx(4.0), pytest.approx(10.0))
    model, prior = fresh.model.double(), fresh.streams["prior"]
    batch = OPERATIONS[:: len(OPERATIONS) // 128][:128].double()
    latents = torch.randn(64, 16, generator=prior).double()
    anew = torch.randn(64, 16, generator=prior).double()
    resampled = codebook.resample_one_coordinate(latents, anew)
    added = 0.0
    with torch.no_grad():
        mean = {pathway: model.encoder(pathway)(batch)[0] for pathway in "AB"}
        for own, other, weight in (("A", "B", controls.lambda1), ("B", "A", controls.lambda2)):
            logits, moved = model.decoder(own)(latents), model.decoder(own)(resampled)
            warm, warm_moved = (logits / 4.0).softmax(-1), (moved / 4.0).softmax(-1)
            collision = codebook.smoothed_collision_chi_square(warm, 0.7)
            entropy = -(warm * warm.log()).sum((1, 2)).mean()
            spread = codebook.influence_spread(codebook.influences(warm, warm_moved, 16))
            assert values[f"collision_{own}"] == pytest.approx(collision.item(), abs=1e-4)
            assert values[f"conditional_entropy_{own}"] == pytest.approx(entropy.item(), rel=1e-5)
            assert values[f"influence_spread_{own}"] == pytest.approx(spread.item(), rel=1e-4)
            added += weight * (
                30.0 * collision
                + 3.0 * entropy
                + 10.0 * spread
                + 1.0 * codebook.distance_stress(mean[own], batch)
                + 0.2 * codebook.code_alignment(mean[own], mean[other])
            )
    assert values["loss"] - without["loss"] == pytest.approx(added.item(), rel=1e-3)


@pytest.mark.parametrize("changes", [{}, CODEBOOK])
def test_no_term_sees_a_held_out_operation(changes):
    """An epoch on a space whose held-out rows are something else: the same weights to the bit."""

    def weights(spoil):
        state = TrainState.start(parse_config(tiny_mapping(changes)))
        operations = OPERATIONS.clone()
        if spoil is not None:
            operations[torch.from_numpy(state.split.parts()[spoil])] = 0.5
        loop._train_pass(
            state,
            operations,
            controls_for(state.config, 0, state.feedback),
            train_step,
        )
        return tensor_hash(state.weights())

    assert weights("validation") == weights("test") == weights(None)
    assert weights("train") != weights(None), "the probe can tell"
