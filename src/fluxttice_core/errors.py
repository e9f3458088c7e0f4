"""The errors of this library. Each says what was expected, what came, and what to do."""

from __future__ import annotations


class FluxtticeError(Exception):
    """Root of every error raised on purpose.

    >>> issubclass(CheckpointError, FluxtticeError)
    True
    """


class ConfigError(FluxtticeError, ValueError):
    """A training configuration, an option or an argument is wrong; lists every fault."""


class OperationError(FluxtticeError, ValueError):
    """Values are not ternary operations, or no gate has this name."""


class DrawsError(FluxtticeError, ValueError):
    """Values are not draws of a discrete thing, or lie outside the stated space."""


class LatentError(FluxtticeError, ValueError):
    """Values are not latent codes of the model."""


class CheckpointError(FluxtticeError):
    """A checkpoint is missing, damaged, foreign, or not the one that was asked for."""


class CertificateError(FluxtticeError):
    """A certificate cannot be read or has another format."""


class VerificationError(FluxtticeError):
    """Claims were checked and found false; ``mismatches`` holds every one."""

    def __init__(self, mismatches: tuple[str, ...]) -> None:
        self.mismatches = mismatches
        super().__init__("\n  ".join([f"{len(mismatches)} claims do not hold", *mismatches]))

    def __reduce__(self) -> tuple[type[VerificationError], tuple[tuple[str, ...]]]:
        return type(self), (self.mismatches,)


class KeyFileError(FluxtticeError):
    """A key file cannot be read, or holds another kind of key."""


class TrainingError(FluxtticeError):
    """Training cannot go on."""


class ArtifactError(FluxtticeError):
    """A file or folder cannot be read or written."""


class MissingExtraError(FluxtticeError):
    """An optional dependency is needed and not installed."""

    def __init__(self, purpose: str, extra: str) -> None:
        self.purpose, self.extra = purpose, extra
        super().__init__(
            f"{purpose} needs the extra '{extra}', which is not installed; "
            f"run: pip install 'fluxttice_core[{extra}]'"
        )

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return type(self), (self.purpose, self.extra)
