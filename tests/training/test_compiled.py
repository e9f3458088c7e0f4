"""The compiled step against the eager one, its oracle."""

import pytest
import torch
from torch._dynamo.exc import TorchDynamoException

from fluxttice_core.config import parse_config
from fluxttice_core.errors import TrainingError
from fluxttice_core.gates.operations import generate_all_operations
from fluxttice_core.training import compiled, loop
from fluxttice_core.training.compiled import CompiledStep
from fluxttice_core.training.controller import controls_for
from fluxttice_core.training.state import TrainState
from fluxttice_core.training.step import train_step
from tests.support import CODEBOOK_TERMS, EVERYTHING_ON, tiny_mapping

OPERATIONS = torch.from_numpy(generate_all_operations()).float()
CONFIGS = {
    "everything on": EVERYTHING_ON,
    "codebook, Adam": {
        "prior_terms": ...,
        "codebook_terms": CODEBOOK_TERMS,
        "optimizer.type": "adam",
    },
}


@pytest.fixture
def uncompiled(monkeypatch):
    """The same program, run by PyTorch as it stands: its arithmetic without the compiler's."""
    monkeypatch.setattr(compiled.torch, "compile", lambda program, **_: program)


def after_steps(changes, kind, num_steps=3):
    state = TrainState.start(parse_config(tiny_mapping(changes)))
    step = train_step
    if kind is not train_step:
        step = kind(state.model, state.optimizer, state.config)
    size, figures = state.config.batch_size, []
    for number in range(num_steps):
        controls = controls_for(state.config, 5 + number, state.feedback)
        batch = OPERATIONS[1000 + number * size :][: size if number != 1 else 9]
        taken = step(
            state.model.train(), state.optimizer, batch, controls, state.config, state.streams
        )
        figures.append(taken.values.clone())
    return state, torch.stack(figures)


def assert_same(found, expected):
    (state, figures), (eager, eager_figures) = found, expected
    torch.testing.assert_close(figures, eager_figures, rtol=2e-4, atol=2e-5)
    for name, value in eager.model.state_dict().items():
        # Adam divides by the root of a square: where a gradient is all rounding, so is the step.
        difference = (state.model.state_dict()[name] - value).abs()
        assert difference.mean() < 1e-5, name
    for left, right in zip(
        state.optimizer.state.values(), eager.optimizer.state.values(), strict=True
    ):
        assert left["step"] == right["step"] == 3
        for key in ("exp_avg", "exp_avg_sq"):
            torch.testing.assert_close(left[key], right[key], rtol=1e-2, atol=1e-5)


@pytest.mark.parametrize("name", CONFIGS)
def test_the_program_takes_the_eager_step(name, uncompiled):
    assert_same(after_steps(CONFIGS[name], CompiledStep), after_steps(CONFIGS[name], train_step))


def test_a_compiled_run_is_an_eager_one_but_for_rounding():
    changes = CONFIGS["everything on"]
    assert_same(after_steps(changes, CompiledStep), after_steps(changes, train_step))


def test_a_checkpoint_holds_what_it_always_holds(uncompiled):
    states = [after_steps({}, kind)[0].checkpoint() for kind in (CompiledStep, train_step)]
    compiled_one, eager_one = (state["optimizer"] for state in states)
    assert compiled_one["param_groups"] == eager_one["param_groups"]
    assert compiled_one["state"].keys() == eager_one["state"].keys()
    for left, right in zip(
        compiled_one["state"].values(), eager_one["state"].values(), strict=True
    ):
        assert {key: (value.shape, value.dtype) for key, value in left.items()} == {
            key: (value.shape, value.dtype) for key, value in right.items()
        }


def test_a_machine_that_cannot_compile_is_told_what_to_do(monkeypatch):
    def refuse(*_):
        raise TorchDynamoException("no compiler\nat all")

    monkeypatch.setattr(compiled.torch, "compile", lambda program, **_: refuse)
    state = TrainState.start(parse_config(tiny_mapping({})))
    with pytest.raises(TrainingError, match="no compiler at all; it needs a C\\+\\+ compiler"):
        list(loop.run_epochs(state, 1, compiled=True))
