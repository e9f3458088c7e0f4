"""The dual VAE in PyTorch: its pass, its mixing, its draws, and files written elsewhere."""

import numpy as np
import pytest
import torch
from torch import nn

from fluxttice_core.api import to_torch
from fluxttice_core.artifacts.checkpoint import read_checkpoint
from fluxttice_core.evidence.readings import softmax
from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.model.decoder import DecoderA, DecoderB
from fluxttice_core.model.dual_vae import DualNeuralVAEV5, batch_latent_entropy, cross_inject
from fluxttice_core.model.encoder import reparameterise
from fluxttice_core.model.reference import ReferenceVAE

OPERATIONS = torch.from_numpy(generate_all_operations()).float()


def fresh_model(seed=0, **arguments):
    torch.manual_seed(seed)
    return DualNeuralVAEV5(**arguments)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 128))

    def forward(self, x):
        return x + self.block(x)


class Elsewhere(nn.Module):
    """v5.5 written by a stranger from the specification's text alone, in plain modules."""

    def __init__(self):
        super().__init__()
        self.register_buffer("grad_norm_A_ema", torch.tensor(1.3))
        self.register_buffer("grad_norm_B_ema", torch.tensor(0.4))
        for p in "AB":
            encoder = nn.Module()
            encoder.encoder = nn.Sequential(
                nn.Linear(9, 256),
                nn.ReLU(),
                nn.Linear(256, 128),
                nn.ReLU(),
                nn.Linear(128, 64),
                nn.ReLU(),
            )
            encoder.fc_mu, encoder.fc_logvar = nn.Linear(64, 16), nn.Linear(64, 16)
            setattr(self, f"encoder_{p}", encoder)
        self.decoder_A = nn.Module()
        self.decoder_A.decoder = nn.Sequential(
            nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 27)
        )
        self.decoder_B = nn.Module()
        self.decoder_B.fc_in, self.decoder_B.fc_out = nn.Linear(16, 128), nn.Linear(128, 27)
        self.decoder_B.residual1, self.decoder_B.residual2 = Block(), Block()
        self.state_net = nn.Module()
        self.state_net.encoder = nn.Sequential(
            nn.Linear(9, 32), nn.LayerNorm(32), nn.Tanh(), nn.Linear(32, 8)
        )
        self.state_net.decoder = nn.Sequential(
            nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4), nn.Tanh()
        )

    def means(self, x):
        return (
            self.encoder_A.fc_mu(self.encoder_A.encoder(x)),
            self.encoder_B.fc_mu(self.encoder_B.encoder(x)),
        )

    def logits(self, z, pathway):
        if pathway == "A":
            return self.decoder_A.decoder(z).reshape(-1, 9, 3)
        b = self.decoder_B
        return b.fc_out(b.residual2(torch.relu(b.residual1(torch.relu(b.fc_in(z)))))).reshape(
            -1, 9, 3
        )

    def state_values(self, x):
        return self.state_net.decoder(self.state_net.encoder(x))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A checkpoint file with the specified keys and nothing of ours, and its author's network."""
    torch.manual_seed(77)
    author = Elsewhere()
    with torch.no_grad():
        for parameter in author.parameters():
            parameter.mul_(2.5)  # far from an initialisation: logits of the order of ten
    path = tmp_path_factory.mktemp("foreign") / "latest.pt"
    torch.save({"epoch": 12, "model": author.state_dict(), "rho": 0.37, "phase": 2}, path)
    return author.double(), path


class TestForeignFile:
    def test_loads_strictly(self, foreign):
        author, path = foreign
        state = torch.load(path, weights_only=True)["model"]
        model = DualNeuralVAEV5(9, 16, 0.1, 0.7, 0.3, 0.15, 5e-4)
        result = model.load_state_dict(state)  # strict: raises on any difference
        assert not result.missing_keys
        assert not result.unexpected_keys
        assert set(author.state_dict()) == set(model.state_dict())

    @pytest.mark.parametrize("rho", [0.0, 0.37])
    def test_gives_the_same_logits_alone_and_coupled(self, foreign, rho):
        author, path = foreign
        checkpoint = read_checkpoint(path)
        assert checkpoint.rho == 0.37
        assert checkpoint.epoch == 12
        model = to_torch(checkpoint).double()
        assert model.rho == 0.37
        assert not model.training
        model.rho = rho
        operations = OPERATIONS.double()
        with torch.no_grad():
            mean_a, mean_b = author.means(operations)
            expected_a = author.logits((1 - rho) * mean_a + rho * mean_b, "A")
            expected_b = author.logits((1 - rho) * mean_b + rho * mean_a, "B")
            output = model(operations)
        for name, expected in (("logits_A", expected_a), ("logits_B", expected_b)):
            error = (output[name] - expected).abs().max() / expected.abs().max()
            assert error < 1e-12, name
            assert expected.std() > 0.1  # the comparison is of something

    def test_single_precision_agrees_to_a_millionth(self, foreign):
        author, path = foreign
        model = to_torch(read_checkpoint(path))
        with torch.no_grad():
            output = model(OPERATIONS)
            mean_a, mean_b = author.means(OPERATIONS.double())
            expected = author.logits(0.63 * mean_a + 0.37 * mean_b, "A")
        assert (output["logits_A"] - expected).abs().max() / expected.abs().max() < 1e-6

    def test_the_state_net_is_the_same_network(self, foreign):
        author, path = foreign
        model = to_torch(read_checkpoint(path)).double()
        values = torch.randn(50, 9, dtype=torch.double, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            assert torch.equal(model.state_net(values), author.state_values(values))

    @pytest.mark.parametrize("fault", ["missing", "renamed", "shape", "extra"])
    def test_a_damaged_state_dictionary_is_refused(self, foreign, fault):
        state = torch.load(foreign[1], weights_only=True)["model"]
        if fault in ("missing", "renamed"):
            value = state.pop("decoder_B.residual2.block.2.bias")
        if fault == "renamed":
            state["decoder_B.residual3.block.2.bias"] = value
        if fault == "shape":
            state["encoder_A.fc_mu.weight"] = torch.zeros(8, 64)
        if fault == "extra":
            state["decoder_C.bias"] = torch.zeros(1)
        with pytest.raises(RuntimeError, match=r"residual2|fc_mu|decoder_C"):
            DualNeuralVAEV5().load_state_dict(state)


def sharpened():
    """A network whose logits are of the order of ten, and its weights for the reference path."""
    model = fresh_model(3).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2.0)
    weights = {name: value.numpy().copy() for name, value in model.state_dict().items()}
    return model, weights


class TestReference:
    """The NumPy path and the PyTorch path hold each other."""

    @pytest.mark.parametrize("pathway", ["A", "B"])
    @pytest.mark.parametrize(
        ("torch_type", "numpy_type", "tolerance"),
        [(torch.float64, np.float64, 1e-12), (torch.float32, np.float64, 1e-6)],
    )
    def test_alone(self, pathway, torch_type, numpy_type, tolerance):
        model, weights = sharpened()
        model = model.to(torch_type)
        reference = ReferenceVAE(weights, numpy_type)
        assert reference.latent_dim == 16
        mean, logvar = reference.encode(generate_all_operations(), pathway)
        with torch.no_grad():
            torch_mean, torch_logvar = model.encoder(pathway)(OPERATIONS.to(torch_type))
            torch_logits = model.decoder(pathway)(torch_mean)
        for ours, theirs in (
            (mean, torch_mean),
            (logvar, torch_logvar),
            (reference.logits(mean, pathway), torch_logits),
        ):
            assert ours.shape == tuple(theirs.shape)
            assert np.abs(ours - theirs.numpy()).max() < tolerance * np.abs(ours).max()

    @pytest.mark.parametrize("rho", [0.1, 0.45, 0.7, 1.0])
    def test_coupled(self, rho):
        model, weights = sharpened()
        model.rho = rho
        reference = ReferenceVAE(weights)
        with torch.no_grad():
            output = model(OPERATIONS)
        means = [reference.encode(generate_all_operations(), p)[0] for p in "AB"]
        for pathway, own, other in (("A", *means), ("B", *reversed(means))):
            expected = reference.logits((1 - rho) * own + rho * other, pathway)
            error = np.abs(output[f"logits_{pathway}"].numpy() - expected).max()
            assert error < 1e-6 * np.abs(expected).max()

    def test_probabilities_are_the_softmax_at_any_size_of_logit(self):
        generator = np.random.default_rng(1)
        logits = generator.standard_normal((50, 9, 3)) * np.array([1, 100, 1e4])
        expected = torch.from_numpy(logits).softmax(-1).numpy()
        ours = softmax(logits)
        assert np.allclose(ours, expected, rtol=1e-12, atol=0)
        assert np.allclose(ours.sum(-1), 1, rtol=1e-15)
        assert np.isfinite(softmax(np.array([[[8e307, -8e307, 0.0]]]))).all()


class TestForward:
    def test_evaluation_reads_the_means_and_draws_nothing(self):
        model = fresh_model().eval()
        before = torch.get_rng_state()
        output = model(OPERATIONS[:7], temp_A=3.0)
        assert torch.equal(output["z_A"], output["mu_A"])
        assert torch.equal(output["z_B"], output["mu_B"])
        assert torch.equal(torch.get_rng_state(), before)
        for name in ("mu", "logvar", "z"):
            assert output[f"{name}_A"].shape == output[f"{name}_B"].shape == (7, 16)
        assert output["logits_A"].shape == output["logits_B"].shape == (7, 9, 3)
        assert output["H_A"].shape == output["H_B"].shape == ()

    def test_training_draws_from_the_generator_alone(self):
        model = fresh_model().train()
        before = torch.get_rng_state()

        def one(seed, **arguments):
            generator = torch.Generator().manual_seed(seed)
            return model(OPERATIONS[:50], generator=generator, **arguments)

        first, again, other = one(1), one(1), one(2)
        assert torch.equal(torch.get_rng_state(), before)
        for name in first:
            assert torch.equal(first[name], again[name]), name
        assert not torch.equal(first["z_A"], other["z_A"])
        # z = mean + tau exp(logvar / 2) eps, with the same eps at both temperatures.
        hot = one(1, temp_A=2.0, temp_B=0.5)
        for pathway, factor in (("A", 2.0), ("B", 0.5)):
            mean, code = first[f"mu_{pathway}"], first[f"z_{pathway}"]
            assert torch.allclose(hot[f"z_{pathway}"] - mean, factor * (code - mean), atol=1e-6)
        noise = (first["z_A"] - first["mu_A"]) / (0.5 * first["logvar_A"]).exp()
        expected = torch.randn(50, 16, generator=torch.Generator().manual_seed(1))
        assert torch.allclose(noise, expected, atol=1e-5)

    def test_betas_stand_in_the_signature_and_change_nothing(self):
        model = fresh_model().eval()
        plain, weighed = model(OPERATIONS[:9]), model(OPERATIONS[:9], 1, 1, 0.3, 7.0)
        assert all(torch.equal(plain[name], weighed[name]) for name in plain)

    def test_the_decoders_read_the_mix(self):
        model = fresh_model(rho_min=0.25).train()
        output = model(OPERATIONS[:20], generator=torch.Generator().manual_seed(0))
        for own, other in (("A", "B"), ("B", "A")):
            mixed = 0.75 * output[f"z_{own}"] + 0.25 * output[f"z_{other}"]
            assert torch.allclose(output[f"z_{own}_tilde"], mixed)
            logits = model.decoder(own)(output[f"z_{own}_tilde"])
            assert torch.equal(output[f"logits_{own}"], logits)

    def test_cross_injection_stops_the_gradient(self):
        own = torch.randn(5, 16, requires_grad=True)
        other = torch.randn(5, 16, requires_grad=True)
        cross_inject(own, other, 0.3).sum().backward()
        assert torch.allclose(own.grad, torch.full_like(own, 0.7))
        assert other.grad is None

    @pytest.mark.parametrize(("own", "other"), [("A", "B"), ("B", "A")])
    def test_no_gradient_reaches_the_other_pathway(self, own, other):
        model = fresh_model(rho_min=0.7).train()
        output = model(OPERATIONS[:30], generator=torch.Generator().manual_seed(0))
        output[f"logits_{own}"].square().sum().backward()
        reached = {name.split(".")[0] for name, p in model.named_parameters() if p.grad is not None}
        assert reached == {f"encoder_{own}", f"decoder_{own}"}

    def test_latent_entropy_is_that_of_the_fitted_gaussian(self):
        codes = torch.randn(400, 16, dtype=torch.double) * torch.linspace(0.1, 3, 16).double()
        spread = codes.std(dim=0, unbiased=False)
        expected = torch.distributions.Normal(0.0, spread).entropy().mean()
        assert batch_latent_entropy(codes).item() == pytest.approx(expected.item(), abs=1e-5)
        single = torch.ones(1, 16, requires_grad=True)
        batch_latent_entropy(single).backward()
        assert torch.isfinite(single.grad).all()

    def test_reparameterised_noise_has_the_stated_spread(self):
        mean, logvar = torch.full((40_000, 2), 3.0), torch.tensor([0.0, 2.0]).expand(40_000, 2)
        codes = reparameterise(mean, logvar, 0.5, torch.Generator().manual_seed(0))
        assert codes.mean(0).tolist() == pytest.approx([3.0, 3.0], abs=0.03)
        assert codes.std(0).tolist() == pytest.approx([0.5, 0.5 * np.e], rel=0.02)

    def test_decoders_take_an_empty_batch(self):
        for decoder in (DecoderA(), DecoderB()):
            assert decoder(torch.zeros(0, 16)).shape == (0, 9, 3)


class TestConstructor:
    def test_from_the_original_path(self):
        from src.models.ternary_vae_v5_5 import DualNeuralVAEV5 as Original

        assert Original is DualNeuralVAEV5

    def test_takes_the_twelve_arguments_of_v5_5_in_order(self):
        model = DualNeuralVAEV5(9, 16, 0.2, 0.6, 0.25, 0.1, 1e-3, False, False, False, 0.1, 0.02)
        assert (model.rho_min, model.rho_max, model.rho) == (0.2, 0.6, 0.2)
        assert (model.lambda3_base, model.lambda3_amplitude, model.eps_kl) == (0.25, 0.1, 1e-3)
        assert (model.gradient_balance, model.adaptive_scheduling, model.use_statenet) == (
            False,
            False,
            False,
        )
        assert (model.statenet_lr_scale, model.statenet_lambda_scale) == (0.1, 0.02)

    def test_defaults_are_the_certified_ones(self):
        given, default = DualNeuralVAEV5(9, 16, 0.1, 0.7, 0.3, 0.15, 5e-4), DualNeuralVAEV5()
        for name in vars(default):
            if not name.startswith("_") and name != "training":
                assert getattr(given, name) == getattr(default, name), name
        assert default.gradient_balance
        assert default.adaptive_scheduling
        assert default.use_statenet

    def test_other_numbers_of_trits_are_refused(self):
        with pytest.raises(ValueError, match="has 9 trits; got input_dim=27"):
            DualNeuralVAEV5(input_dim=27)


class TestSample:
    @pytest.mark.parametrize("training", [True, False])
    def test_leaves_mode_weights_and_global_stream(self, training):
        model = fresh_model().train(training)
        state = {name: value.clone() for name, value in model.state_dict().items()}
        before = torch.get_rng_state()
        drawn = model.sample(100, "cpu", "B", generator=torch.Generator().manual_seed(1))
        assert model.training is training
        assert all(part.training is training for part in model.modules())
        assert torch.equal(torch.get_rng_state(), before)
        assert all(torch.equal(value, state[n]) for n, value in model.state_dict().items())
        assert not drawn.requires_grad

    @pytest.mark.parametrize("pathway", ["A", "B"])
    def test_is_decided_by_the_generator(self, pathway):
        model = fresh_model()

        def draw(seed):
            generator = torch.Generator().manual_seed(seed)
            return model.sample(2000, use_vae=pathway, generator=generator)

        assert torch.equal(draw(5), draw(5))
        assert not torch.equal(draw(5), draw(6))
        assert draw(5).shape == (2000, 9)
        assert set(draw(5).unique().tolist()) == {-1.0, 0.0, 1.0}
        assert model.sample(0).shape == (0, 9)

    def test_follows_the_global_stream_without_a_generator(self):
        model = fresh_model()
        torch.manual_seed(9)
        first = model.sample(50)
        torch.manual_seed(9)
        assert torch.equal(first, model.sample(50))

    @pytest.mark.parametrize("pathway", ["A", "B"])
    def test_frequencies_are_the_decoders_softmax(self, pathway):
        """Against a decoder that ignores z: every trit's three shares are known exactly."""
        model = fresh_model()
        last = model.decoder_A.decoder[4] if pathway == "A" else model.decoder_B.fc_out
        logits = torch.randn(27, generator=torch.Generator().manual_seed(2))
        with torch.no_grad():
            last.weight.zero_()
            last.bias.copy_(logits)
        drawn = model.sample(60_000, use_vae=pathway, generator=torch.Generator().manual_seed(3))
        shares = torch.stack([(drawn == value).double().mean(0) for value in (-1, 0, 1)], dim=-1)
        expected = logits.view(9, 3).double().softmax(-1)
        # Five standard deviations of a share of 60,000 draws.
        bound = 5 * (expected * (1 - expected) / 60_000).sqrt()
        assert ((shares - expected).abs() < bound).all()

    def test_a_certain_class_is_always_drawn(self, monkeypatch):
        """Not even a uniform number of exactly 0 may pick a class of probability 0."""
        model = fresh_model()
        with torch.no_grad():
            model.decoder_A.decoder[4].weight.zero_()
            model.decoder_A.decoder[4].bias.copy_(torch.tensor([-1e4, 1e4, -1e4] * 9))

        monkeypatch.setattr(torch, "rand", lambda *shape, **_: torch.zeros(*shape))
        assert (model.sample(20) == 0).all()

    def test_reads_the_plain_code_whatever_rho_is(self):
        model = fresh_model()
        first = model.sample(500, generator=torch.Generator().manual_seed(1))
        model.rho = 0.7
        assert torch.equal(first, model.sample(500, generator=torch.Generator().manual_seed(1)))

    def test_an_unknown_pathway_is_refused(self):
        with pytest.raises(ValueError, match='use_vae must be "A" or "B"; got \'C\''):
            fresh_model().sample(3, use_vae="C")
