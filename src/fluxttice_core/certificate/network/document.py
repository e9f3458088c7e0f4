"""``CERTIFICATE.md``: the certificate for people, in the shape of the original v5.5 document."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...model.layout import INPUT_DIM, PATHWAYS
from .card import model_name
from .figures import (
    coverage_section,
    information_section,
    markdown_table,
    reconstruction_section,
    separation_section,
)
from .format import CONFIG, WEIGHTS
from .names import ACTIVE_DIMENSIONS, ALL, INFORMATION, MODEL, POSTERIOR_KL, reconstruction
from .predicate import NetworkPredicate

SOURCE_KEYS = {
    "source_sha256": "Source, SHA-256 of its files",
    "commit": "Commit of the checkout",
    "lock_sha256": "Lock file there, SHA-256",
}
CONFIG_KEYS = (
    "input_dim",
    "latent_dim",
    "rho_min",
    "rho_max",
    "lambda3_base",
    "lambda3_amplitude",
    "eps_kl",
)
BEST_NAMES = {
    "score": "Best selection score",
    "val_loss": "Lowest validation loss",
    "coverage_A": "Most operations met in a run of draws, A",
    "coverage_B": "Most operations met in a run of draws, B",
}


def render_document(
    predicate: NetworkPredicate, weights_file_sha256: str, config: Mapping[str, Any] | None
) -> str:
    """Write the document from a certificate's predicate; the same predicate, the same text."""
    separation = predicate.separation
    met = sum(item.met for item in predicate.checklist)
    state = "certified" if predicate.signers else "measured, not signed"
    sections = [
        f"# {model_name(config)}: checkpoint certificate",
        f"**{separation.verdict}**",
        f"Status: {state}. Issued: {predicate.validity.issued}. "
        f"Readiness: {met} of {len(predicate.checklist)} items met.",
        "This page is generated from `certificate.json`, which is what counts; `fluxttice verify` "
        "refuses the folder if they differ. *Certified* means measured and signed, not good.",
        "## Checkpoint details",
        _identification(predicate, weights_file_sha256),
        _configuration(predicate, config),
        "## Performance metrics",
        coverage_section(predicate),
        information_section(predicate),
        separation_section(predicate),
        reconstruction_section(predicate),
        _reasons(predicate),
        _verification(predicate),
        _known_issues(predicate),
        _checklist(predicate),
        _next_steps(predicate),
        _health(predicate),
    ]
    return "\n\n".join(sections) + "\n"


def _identification(predicate: NetworkPredicate, weights_file_sha256: str) -> str:
    checkpoint, training = predicate.checkpoint, predicate.training
    rows: list[tuple[str, object]] = [
        ("File", f"`{WEIGHTS}`"),
        ("SHA-256 of the file", f"`{weights_file_sha256}`"),
        ("SHA-256 of the weights", f"`{checkpoint.weights_sha256}`"),
    ]
    if checkpoint.source_sha256 is not None:
        rows.append(("SHA-256 of the file it was made from", f"`{checkpoint.source_sha256}`"))
    rows += [
        ("Parameters", f"{checkpoint.num_parameters:,} in {checkpoint.num_tensors} tensors"),
        ("Epoch of this file", _epoch(predicate)),
        ("Cross-injection rho of this file", checkpoint.rho),
    ]
    if training.selection_score is not None:
        rows.append(("Selection score at this epoch, as recorded", training.selection_score))
    for item in training.best:
        if item.name in BEST_NAMES:
            value = Decimal(item.value)
            shown = f"{value:,.0f}" if value == value.to_integral() else item.value
            rows.append((f"{BEST_NAMES[item.name]}, as recorded", f"{shown} at epoch {item.epoch}"))
    environment = predicate.environment
    versions = environment.get("versions", {})
    rows.append(
        (
            "Measured with",
            f"{predicate.tool.name} {predicate.tool.version}, "
            f"Python {environment.get('python')}, NumPy {versions.get('numpy')}, "
            f"{environment.get('blas')}, {environment.get('platform')}, {environment.get('cpu')}",
        )
    )
    for key, name in SOURCE_KEYS.items():
        if key in environment:
            rows.append((name, f"`{environment[key]}`"))
    note = (
        "Epochs count from 0. Recorded values are copied from the training run. They belong to "
        "the epoch beside them, not to this file, unless the epochs agree."
    )
    return f"### Identification\n\n{markdown_table(('', 'value'), rows)}\n\n{note}"


def _configuration(predicate: NetworkPredicate, config: Mapping[str, Any] | None) -> str:
    if config is None:
        return (
            "### Model configuration\n\nNone: the checkpoint carries no configuration, so what "
            "made these weights cannot be traced."
        )
    model = config.get("model", {})
    rows = [
        (f"`{key}`", INPUT_DIM if key == "input_dim" else model.get(key, "")) for key in CONFIG_KEYS
    ]
    record = predicate.config
    if record is None:
        raise KeyError("config")
    origin = {
        "embedded": "It is the one inside the weights file.",
        "given": "It was **given by the issuer**; nothing in the weights file confirms it.",
    }[record.origin]
    training = predicate.training
    run = ", ".join(
        f"{name} {value}"
        for name, value in (
            ("seed", training.seed),
            ("epochs", training.epochs),
            ("CPU threads", training.threads),
        )
        if value is not None
    )
    return (
        f"### Model configuration\n\n{markdown_table(('key', 'value'), rows)}\n\n"
        f"The whole configuration is `{CONFIG}`, SHA-256 `{record.sha256}`. {origin}"
        + (f" Training: {run}." if run else "")
    )


def _reasons(predicate: NetworkPredicate) -> str:
    training = predicate.training
    lines = ["### Why this checkpoint", ""]
    best = next((item for item in training.best if item.name == "score"), None)
    if best is None:
        lines.append(
            "No selection rule is recorded in the file. It is certified because it was handed in; "
            "this document gives no reason to prefer it."
        )
    else:
        where = (
            "which is this file"
            if best.epoch == predicate.checkpoint.epoch
            else f"not this file (epoch {_epoch(predicate)})"
        )
        lines.append(
            "Epochs are compared by exact reconstruction on validation times information, a rule "
            "that does not move while training runs. The best score recorded is "
            f"{best.value} at epoch {best.epoch}, {where}."
        )
    history = training.history
    if history is not None:
        lines.append(
            f"The history of the run ({history.epochs} epochs) has SHA-256 `{history.sha256}`."
        )
    return "\n".join(lines)


def _verification(predicate: NetworkPredicate) -> str:
    signed = bool(predicate.signers)
    keys = "\n".join(f"- `{name}`" for name in predicate.signers)
    who = f"Signed by (SHA-256 of the public key):\n\n{keys}" if signed else "**Not signed.**"
    option = "--key PUBLIC.pem" if signed else "--allow-unsigned"
    commands = [
        f"fluxttice verify . {option}            # signature, hashes, exact counts (seconds)",
        f"fluxttice verify . {option} --level 3  # repeats the recorded draws too",
        f"fluxttice verify . {option} --rebuild  # retrains and compares (needs PyTorch)",
    ]
    if signed:
        commands.append("model_signing verify key . --signature model.sig --public_key PUBLIC.pem")
    return (
        "## Verification\n\n```sh\n" + "\n".join(commands) + "\n```\n\n" + who + "\n\n"
        "Get the public key from its owner, never from this folder."
    )


def _known_issues(predicate: NetworkPredicate) -> str:
    unmet = [item for item in predicate.checklist if not item.met]
    lines = [f"- {item.item}: unmet ({item.detail})." for item in unmet]
    original = (
        "This is the file certified in October 2025."
        if predicate.checkpoint.is_the_file_certified_in_2025
        else "This is not the file of the v5.5 certificate of October 2025, which was never "
        "published. That document gave about 86 % coverage without saying for how many draws, and "
        "without a control."
    )
    return "## Known issues\n\n" + "\n".join([*lines, f"- {original}"])


def _checklist(predicate: NetworkPredicate) -> str:
    lines = [
        f"- [{'x' if item.met else ' '}] {item.item}: {item.detail}" for item in predicate.checklist
    ]
    return "## Production readiness checklist\n\nComputed from the evidence above.\n\n" + "\n".join(
        lines
    )


def _next_steps(predicate: NetworkPredicate) -> str:
    open_items = sum(not item.met for item in predicate.checklist)
    return (
        "## Next steps\n\n"
        f"{open_items} open item{'s' * (open_items != 1)} above. To rely on the network "
        "rather than on this page, run the commands under *Verification*."
    )


def _health(predicate: NetworkPredicate) -> str:
    figures = []
    for pathway in PATHWAYS:
        alone = predicate.claim(MODEL, pathway, reconstruction(ALL))
        information = predicate.claim(MODEL, pathway, INFORMATION)
        active = predicate.claim(MODEL, pathway, ACTIVE_DIMENSIONS)
        divergence = predicate.claim(MODEL, pathway, POSTERIOR_KL)
        figures.append(
            f"- Pathway {pathway}: {alone.value:,} of {alone.need('denominator'):,} operations "
            f"come back exactly; I(x; z) {information.value} of {information.need('limit')} nats; "
            f"{active.value} active dimensions, KL {divergence.value} nats."
        )
    limits = "\n".join(f"- {text}" for text in predicate.limits)
    return (
        "## Model health summary\n\n"
        + predicate.separation.verdict
        + "\n\n"
        + "\n".join(figures)
        + f"\n\nWhat is not claimed:\n\n{limits}"
    )


def _epoch(predicate: NetworkPredicate) -> int | str:
    epoch = predicate.checkpoint.epoch
    return "not recorded" if epoch is None else epoch
