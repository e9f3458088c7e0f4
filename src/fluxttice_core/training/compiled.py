"""The step as one compiled program: loss, gradient and clip without Python between them.

The eager :func:`fluxttice_core.training.step.train_step` is the oracle of its tests, evaluates the
same :func:`fluxttice_core.training.step.objective`, and takes what has not the configuration's
batch size. Sums run in another order, so weights differ from an eager run's: in the last digits
after a step, and, as training amplifies differences, visibly after an epoch.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException
from torch.func import functional_call, grad_and_value

from ..config import Config
from ..errors import TrainingError
from ..model.dual_vae import DualNeuralVAEV5
from ..model.layout import PATHWAYS, Pathway
from .controller import CodebookControls, Controls
from .step import Generators, Named, Noise, StepFigures, draw_noise, objective, train_step

_Program = Callable[..., tuple[StepFigures, dict[Pathway, Tensor], Named]]


class CompiledStep:
    """:func:`train_step` of one model, compiled at its first whole batch (about half a minute).

    The optimiser's own moments are updated, so that a checkpoint holds what it always holds.
    """

    def __init__(
        self, model: DualNeuralVAEV5, optimizer: torch.optim.Optimizer, config: Config
    ) -> None:
        self._config = config
        self._controls: tuple[Controls | None, Controls | None] = (None, None)
        names = {parameter: name for name, parameter in model.named_parameters()}
        self._parameters: Named = {}
        self._groups: dict[Pathway, _Group] = {}
        for pathway, settings in zip(PATHWAYS, optimizer.param_groups, strict=True):
            chosen = {names[one]: one for one in settings["params"]}
            self._parameters |= {name: one.detach() for name, one in chosen.items()}
            self._groups[pathway] = _Group(list(chosen), *_moments(optimizer, chosen.values()))
        program = _program(model, {key: group.names for key, group in self._groups.items()}, config)
        device = next(iter(self._parameters.values())).device
        # On the CPU also what calls the kernels in C++: faster to run and to compile.
        self._program: _Program = torch.compile(
            program,
            fullgraph=True,
            dynamic=False,
            options={"cpp_wrapper": device.type == "cpu"},
        )

    def __call__(
        self,
        model: DualNeuralVAEV5,
        optimizer: torch.optim.Optimizer,
        operations: Tensor,
        controls: Controls,
        config: Config,
        streams: Generators,
    ) -> StepFigures:
        """Do what :func:`train_step` does, for the model and the optimiser given at the start.

        Raises
        ------
        TrainingError
            The step cannot be compiled here.
        """
        if len(operations) != self._config.batch_size:
            return train_step(model, optimizer, operations, controls, config, streams)
        noise = draw_noise(operations, model.latent_dim, controls, config, streams)
        if self._controls[0] is not controls:
            self._controls = controls, _as_tensors(controls, operations.device)
        try:
            with torch.no_grad(), warnings.catch_warnings():
                # The compiler warns of its own use of what PyTorch deprecates.
                warnings.simplefilter("ignore")
                figures, clips, gradients = self._program(
                    self._parameters, operations, noise, self._controls[1]
                )
        except TorchDynamoException as error:
            raise TrainingError(
                f"the step cannot be compiled here: {' '.join(str(error).split())[:300]}; it "
                "needs a C++ compiler; install one or train without compiling"
            ) from error
        self._update(optimizer, gradients, clips, controls)
        return figures

    @torch.no_grad()
    def _update(
        self,
        optimizer: torch.optim.Optimizer,
        gradients: Named,
        clips: dict[Pathway, Tensor],
        controls: Controls,
    ) -> None:
        """What ``optimizer.step()`` does, without what it looks up anew at every step."""
        # The kernel behind the optimisers that train_step uses, called as they call it.
        kernel = (
            torch._fused_adamw_ if self._config.optimizer.type == "adamw" else torch._fused_adam_
        )
        for pathway, settings in zip(PATHWAYS, optimizer.param_groups, strict=True):
            group = self._groups[pathway]
            group.count.add_(1.0)
            settings["lr"] = controls.of(pathway).rate
            beta1, beta2 = settings["betas"]
            kernel(
                [self._parameters[name] for name in group.names],
                [gradients[name] for name in group.names],
                group.means,
                group.squares,
                [],
                group.steps,
                lr=settings["lr"],
                beta1=beta1,
                beta2=beta2,
                weight_decay=settings["weight_decay"],
                eps=settings["eps"],
                amsgrad=False,
                maximize=False,
                grad_scale=clips[pathway],
            )


@dataclass(frozen=True, slots=True)
class _Group:
    """The parameters of a pathway by name, and the optimiser's state of each.

    ``count``: the memory that ``steps`` are the items of.
    """

    names: list[str]
    count: Tensor
    steps: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]


def _moments(
    optimizer: torch.optim.Optimizer, parameters: Iterable[Tensor]
) -> tuple[Tensor, list[Tensor], list[Tensor], list[Tensor]]:
    """The optimiser's own tensors, made as it makes them where it has none yet."""
    states = []
    for one in parameters:
        state = optimizer.state[one]
        if not state:
            state["step"] = torch.zeros((), device=one.device)
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(one), torch.zeros_like(one)
        states.append(state)
    # One addition then moves every counter.
    count = torch.stack([state["step"] for state in states])
    for state, step in zip(states, count.unbind(), strict=True):
        state["step"] = step
    steps, means, squares = (
        [state[key] for state in states] for key in ("step", "exp_avg", "exp_avg_sq")
    )
    return count, steps, means, squares


class _Objective(nn.Module):
    """The objective as a module, for ``functional_call``."""

    def __init__(self, model: DualNeuralVAEV5, config: Config) -> None:
        super().__init__()
        self.model, self.config = model, config

    def forward(self, operations: Tensor, noise: Noise, controls: Controls) -> tuple[Tensor, Named]:
        return objective(self.model, operations, noise, controls, self.config)


def _program(model: DualNeuralVAEV5, groups: dict[Pathway, list[str]], config: Config) -> _Program:
    """The step up to its update, as a function of tensors.

    Returns the figures, what each pathway's gradients are to be divided by, and the gradients.
    """
    module = _Objective(model, config)

    def program(
        parameters: Named, operations: Tensor, noise: Noise, controls: Controls
    ) -> tuple[StepFigures, dict[Pathway, Tensor], Named]:
        def loss(values: Named) -> tuple[Tensor, Named]:
            named = {f"model.{name}": value for name, value in values.items()}
            result: tuple[Tensor, Named] = functional_call(
                module, named, (operations, noise, controls)
            )
            return result

        gradients, (_, figures) = grad_and_value(loss, has_aux=True)(parameters)
        clips = {}
        for pathway, names in groups.items():
            norm = torch.stack([gradients[name].square().sum() for name in names]).sum().sqrt()
            figures[f"grad_norm_{pathway}"] = norm
            clips[pathway] = ((norm + 1e-6) / config.grad_clip).clamp(min=1.0)
        return StepFigures.of(figures), clips, gradients

    return program


def _as_tensors(controls: Controls, device: torch.device) -> Controls:
    """Every number as a tensor: the program then holds for any value, not for one epoch's."""

    def tensors(record: Controls | CodebookControls) -> dict[str, Any]:
        return {
            name: torch.tensor(value, dtype=torch.float32, device=device)
            for name, value in asdict(record).items()
            if isinstance(value, float)
        }

    codebook = controls.codebook
    if codebook is not None:
        codebook = replace(codebook, **tensors(codebook))
    return replace(controls, **tensors(controls), epoch=0, phase=0, codebook=codebook)
