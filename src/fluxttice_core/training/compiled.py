"""The whole step as one compiled program: gradient, clip and update without Python between them.

The eager :func:`fluxttice_core.training.step.train_step` is the oracle of its tests, evaluates the
same :func:`fluxttice_core.training.step.objective`, and takes what has not the configuration's
batch size. Sums run in another order, so weights differ from an eager run's: in the last digits
after a step, and, as training amplifies differences, visibly after an epoch.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value

from ..config import Config
from ..errors import TrainingError
from ..model.dual_vae import DualNeuralVAEV5
from .controller import CodebookControls, Controls
from .step import Generators, Noise, StepFigures, draw_noise, objective, train_step

Named = dict[str, Tensor]


class CompiledStep:
    """:func:`train_step` of one model, compiled at its first whole batch (about half a minute).

    The optimiser's own moments are updated, so that a checkpoint holds what it always holds.
    """

    def __init__(
        self, model: DualNeuralVAEV5, optimizer: torch.optim.Optimizer, config: Config
    ) -> None:
        self._config = config
        self._controls: tuple[Controls | None, Controls | None] = (None, None)
        self._compiled = False
        names = {parameter: name for name, parameter in model.named_parameters()}
        groups = [[names[one] for one in group["params"]] for group in optimizer.param_groups]
        chosen = {names[one]: one for group in optimizer.param_groups for one in group["params"]}
        self._parameters: Named = {name: one.detach() for name, one in chosen.items()}
        for one in chosen.values():
            if not optimizer.state[one]:
                optimizer.state[one] = {
                    "step": torch.zeros((), device=one.device),
                    "exp_avg": torch.zeros_like(one),
                    "exp_avg_sq": torch.zeros_like(one),
                }
        self._moments: list[Named] = [
            {name: optimizer.state[one][key] for name, one in chosen.items()}
            for key in ("step", "exp_avg", "exp_avg_sq")
        ]
        program = _program(model, groups, optimizer.defaults, config)
        self._program: Callable[..., Tensor] = torch.compile(program, fullgraph=True, dynamic=False)

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
        for group, rate in zip(optimizer.param_groups, (controls.lr_a, controls.lr_b), strict=True):
            group["lr"] = rate
        noise = draw_noise(operations, model.latent_dim, controls, config, streams)
        if self._controls[0] is not controls:
            self._controls = controls, _as_tensors(controls, operations.device)
        try:
            with torch.no_grad(), warnings.catch_warnings():
                # The compiler warns of its own use of what PyTorch deprecates.
                warnings.simplefilter("ignore")
                values = self._program(
                    self._parameters, *self._moments, operations, noise, self._controls[1]
                )
        except RuntimeError as error:
            if self._compiled:
                raise
            raise TrainingError(
                f"the step cannot be compiled here: {' '.join(str(error).split())[:300]}; it "
                "needs a C++ compiler; install one or train without compiling"
            ) from error
        self._compiled = True
        return StepFigures(values)


class _Objective(nn.Module):
    """The objective as a module, for ``functional_call``."""

    def __init__(self, model: DualNeuralVAEV5, config: Config) -> None:
        super().__init__()
        self.model, self.config = model, config

    def forward(
        self, operations: Tensor, noise: Noise, controls: Controls
    ) -> tuple[Tensor, Tensor]:
        return objective(self.model, operations, noise, controls, self.config)


def _program(
    model: DualNeuralVAEV5, groups: list[list[str]], settings: dict[str, Any], config: Config
) -> Any:
    """The step as a function of tensors: AdamW (Loshchilov & Hutter 2019), or Adam."""
    module = _Objective(model, config)
    beta1, beta2 = settings["betas"]
    epsilon, decay = settings["eps"], settings["weight_decay"]
    decoupled = config.optimizer.type == "adamw"

    def program(
        parameters: Named,
        steps: Named,
        means: Named,
        squares: Named,
        operations: Tensor,
        noise: Noise,
        controls: Controls,
    ) -> Tensor:
        def loss(values: Named) -> tuple[Tensor, Tensor]:
            named = {f"model.{name}": value for name, value in values.items()}
            result: tuple[Tensor, Tensor] = functional_call(
                module, named, (operations, noise, controls)
            )
            return result

        gradients, (_, figures) = grad_and_value(loss, has_aux=True)(parameters)
        norms = []
        for group, rate in zip(groups, (controls.lr_a, controls.lr_b), strict=True):
            norm = torch.stack([gradients[name].square().sum() for name in group]).sum().sqrt()
            clip = (config.grad_clip / (norm + 1e-6)).clamp(max=1.0)
            for name in group:
                value, mean, square = parameters[name], means[name], squares[name]
                gradient = gradients[name] * clip
                if decoupled:
                    value.mul_(1.0 - rate * decay)
                else:
                    gradient = gradient + decay * value
                step = steps[name].add_(1.0)
                mean.lerp_(gradient, 1.0 - beta1)
                square.mul_(beta2).addcmul_(gradient, gradient, value=1.0 - beta2)
                spread = (square / (1.0 - beta2**step)).sqrt() + epsilon
                value.sub_(rate / (1.0 - beta1**step) * mean / spread)
            norms.append(norm)
        return torch.cat([figures, torch.stack(norms)])

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
