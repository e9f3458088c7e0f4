"""The model card and the bill of materials, written from the certificate."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...canonical import canonical_json
from ...model.layout import PATHWAYS
from ...seal import CERTIFICATE
from .conclusions import share
from .figures import markdown_table
from .format import CARD, CONFIG, DOCUMENT, TOOL_NAME, WEIGHTS
from .names import ALL, INFORMATION, MODEL, distinct, reconstruction
from .predicate import NetworkPredicate

_LICENSE = "Apache-2.0"


def model_name(config: Mapping[str, Any] | None) -> str:
    """Return what the network is called, by the terms that its configuration trains with."""
    if config is not None and config.get("codebook_terms") is not None:
        return "Ternary codebook"
    return "Ternary VAE v5.5"


@dataclass(frozen=True, slots=True)
class Headline:
    """One headline figure; values are decimal text."""

    kind: str
    name: str
    value: str
    unit: str
    ideal: str
    untrained: str


def headlines(predicate: NetworkPredicate) -> Iterator[Headline]:
    """Yield the headline figures, each beside the ideal and the untrained control."""
    first = predicate.protocol.num_draws[0]

    def ratio(
        role: str, pathway: str, quantity: str, whole: Literal["denominator", "limit"]
    ) -> str:
        value, ideal = predicate.claim(role, pathway, quantity).out_of(whole)
        return f"{value / ideal:.6f}"

    for pathway in PATHWAYS:
        yield Headline(
            "exact_reconstruction",
            f"Exact reconstruction of held-out operations, pathway {pathway}",
            ratio(MODEL, pathway, reconstruction("test"), "denominator"),
            "share",
            "1",
            ratio("untrained", pathway, reconstruction(ALL), "denominator"),
        )
        yield Headline(
            "coverage_ratio",
            f"Coverage over the uniform limit at {first} draws, pathway {pathway}",
            ratio(MODEL, pathway, distinct("sampled", first), "limit"),
            "ratio",
            "1",
            ratio("untrained", pathway, distinct("sampled", first), "limit"),
        )
        information = predicate.claim(MODEL, pathway, INFORMATION)
        yield Headline(
            "mutual_information",
            f"I(x; z) of the prior, pathway {pathway}",
            str(information.value),
            "nats",
            information.need("limit"),
            str(predicate.claim("untrained", pathway, INFORMATION).value),
        )


def render_card(predicate: NetworkPredicate, config: Mapping[str, Any] | None) -> str:
    """Return ``README.md``: front matter with ``model-index`` results, then a page for people."""
    name, size = model_name(config), predicate.space.size
    body = [
        f"# {name}",
        f"**{predicate.separation.verdict}**",
        f"Two small variational autoencoders (pathways A and B) over the 3^9 = {size:,} two-input "
        "ternary gates. A gate is nine trits; each pathway maps it to 16 numbers and back, and "
        "draws gates from a standard normal code.",
        markdown_table(
            ("figure", "value", "ideal", "random weights", "unit"),
            [
                (each.name, each.value, each.ideal, each.untrained, each.unit)
                for each in headlines(predicate)
            ],
        ),
        f"Each figure is a claim in `{CERTIFICATE}`, measured and, if signed, vouched for. "
        f"`{DOCUMENT}` shows all of them beside their limits and beside two networks that know "
        "nothing.",
        "## Use\n\n```python\n"
        "import fluxttice_core as fx\n\n"
        f'checkpoint = fx.load("{WEIGHTS}")\n'
        "codes = fx.encode([7153, 15633], model=checkpoint)\n"
        "gates = fx.decode(codes, model=checkpoint)\n```",
        "## Intended use and limits\n\nResearch on discrete generative models, and embedding or "
        "drawing ternary gates. The model knows this one space and nothing else.\n\n"
        + "\n".join(f"- {text}" for text in predicate.limits),
        "## Training data\n\n"
        + _training_data(predicate)
        + " No personal or collected data: the space is enumerated.",
    ]
    return _front_matter(name, predicate) + "\n\n".join(body) + "\n"


def _front_matter(name: str, predicate: NetworkPredicate) -> str:
    """YAML that model hubs read."""
    lines = [
        "---",
        f"license: {_LICENSE.lower()}",
        f"library_name: {TOOL_NAME}",
        "tags:",
        "- ternary-logic",
        "- variational-autoencoder",
        "- discrete-generative-model",
        "model-index:",
        f"- name: {name}",
        "  results:",
        "  - task:",
        "      type: other",
        "      name: Generation of two-input ternary operations",
        "    dataset:",
        f"      type: {predicate.space.id}",
        f"      name: All {predicate.space.size:,} two-input ternary operations",
        "    metrics:",
    ]
    for figure in headlines(predicate):
        lines += [
            f"    - type: {figure.kind}",
            f"      name: {figure.name}",
            f"      value: {figure.value}",
        ]
    return "\n".join([*lines, "---", "", ""])


def _training_data(predicate: NetworkPredicate) -> str:
    if not predicate.split.is_recorded:
        return "Not recorded in the file."
    sizes, size = predicate.split.sizes, predicate.space.size
    return (
        f"{sizes['train']:,} of the {size:,} operations ({share(sizes['train'], size)}); "
        f"{sizes['validation']:,} were used for selection, {sizes['test']:,} for neither."
    )


def render_bom(
    predicate: NetworkPredicate, digests: Mapping[str, str], config: Mapping[str, Any] | None
) -> bytes:
    """Return ``bom.cdx.json``: a CycloneDX 1.6 bill of materials of the model.

    ``digests`` holds the SHA-256 of the weights file and, if there is one, of the configuration.
    """
    # Made from the content, so that the same certificate has the same serial number.
    name = f"{predicate.checkpoint.weights_sha256}/{predicate.validity.issued}"
    serial = uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)
    tool = {"type": "application", "name": TOOL_NAME, "version": predicate.tool.version}
    return canonical_json(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{serial}",
            "version": 1,
            "metadata": {
                "timestamp": predicate.validity.issued,
                "tools": {"components": [tool]},
                "component": _model_component(predicate, digests, config),
            },
            "components": [_space_component(predicate)],
        }
    )


def _model_component(
    predicate: NetworkPredicate, digests: Mapping[str, str], config: Mapping[str, Any] | None
) -> dict[str, Any]:
    parameters = {
        "approach": {"type": "unsupervised"},
        "task": "generation",
        "architectureFamily": "variational autoencoder",
        "modelArchitecture": "DualNeuralVAEV5",
        "datasets": [{"ref": "space"}],
    }
    metrics = [
        {"type": f"{each.name} ({each.unit})", "value": each.value} for each in headlines(predicate)
    ]
    return {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": model_name(config),
        "version": predicate.checkpoint.weights_sha256,
        "licenses": [{"license": {"id": _LICENSE}}],
        "hashes": [{"alg": "SHA-256", "content": digests[WEIGHTS]}],
        "externalReferences": _references(digests),
        "modelCard": {
            "modelParameters": parameters,
            "quantitativeAnalysis": {"performanceMetrics": metrics},
            "considerations": {"technicalLimitations": list(predicate.limits)},
        },
    }


def _references(digests: Mapping[str, str]) -> list[dict[str, Any]]:
    references: list[dict[str, Any]] = [
        {
            "type": "model-card",
            "url": CARD,
            "comment": "Model card, generated from the certificate",
        },
        {
            "type": "attestation",
            "url": CERTIFICATE,
            "comment": "in-toto statement of what was measured",
        },
    ]
    if CONFIG in digests:
        hashes = [{"alg": "SHA-256", "content": digests[CONFIG]}]
        references.append({"type": "configuration", "url": CONFIG, "hashes": hashes})
    return references


def _space_component(predicate: NetworkPredicate) -> dict[str, Any]:
    return {
        "type": "data",
        "bom-ref": "space",
        "name": predicate.space.id,
        "description": f"All {predicate.space.size:,} two-input ternary operations, enumerated",
        "hashes": [{"alg": "SHA-256", "content": predicate.space.table_sha256}],
    }
