"""The model card and the bill of materials, written from the certificate."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..canonical import canonical_json
from ..model.layout import PATHWAYS
from .conclusions import claims_by_name, share
from .contents import CONFIG, TOOL_NAME, WEIGHTS
from .figures import markdown_table

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


def headlines(predicate: Mapping[str, Any]) -> Iterator[Headline]:
    """Yield the headline figures, each beside the ideal and the untrained control."""
    claims = claims_by_name(predicate)
    first = predicate["protocol"]["num_draws"][0]

    def ratio(name: str, whole: str) -> str:
        return f"{claims[name]['value'] / Decimal(claims[name][whole]):.6f}"

    for pathway in PATHWAYS:
        yield Headline(
            "exact_reconstruction",
            f"Exact reconstruction of held-out operations, pathway {pathway}",
            ratio(f"model/{pathway}/reconstruction/alone/test", "denominator"),
            "share",
            "1",
            ratio(f"untrained/{pathway}/reconstruction/alone/all", "denominator"),
        )
        drawn = f"{pathway}/distinct/sampled/n={first}"
        yield Headline(
            "coverage_ratio",
            f"Coverage over the uniform limit at {first} draws, pathway {pathway}",
            ratio(f"model/{drawn}", "limit"),
            "ratio",
            "1",
            ratio(f"untrained/{drawn}", "limit"),
        )
        yield Headline(
            "mutual_information",
            f"I(x; z) of the prior, pathway {pathway}",
            claims[f"model/{pathway}/information"]["value"],
            "nats",
            claims[f"model/{pathway}/information"]["limit"],
            claims[f"untrained/{pathway}/information"]["value"],
        )


def render_card(predicate: Mapping[str, Any], config: Mapping[str, Any] | None) -> str:
    """Return ``README.md``: front matter with ``model-index`` results, then a page for people."""
    lines = [
        "---",
        f"license: {_LICENSE.lower()}",
        f"library_name: {TOOL_NAME}",
        "tags:",
        "- ternary-logic",
        "- variational-autoencoder",
        "- discrete-generative-model",
        "model-index:",
        f"- name: {model_name(config)}",
        "  results:",
        "  - task:",
        "      type: other",
        "      name: Generation of two-input ternary operations",
        "    dataset:",
        "      type: ternary-2in-9trit",
        "      name: All 19,683 two-input ternary operations",
        "    metrics:",
    ]
    for figure in headlines(predicate):
        lines += [
            f"    - type: {figure.kind}",
            f"      name: {figure.name}",
            f"      value: {figure.value}",
        ]
    lines += ["---", ""]
    separation = predicate["separation"]
    body = [
        f"# {model_name(config)}",
        f"**{separation['verdict']}**",
        "Two small variational autoencoders (pathways A and B) over the 3^9 = 19,683 two-input "
        "ternary gates. A gate is nine trits; each pathway maps it to 16 numbers and back, and "
        "draws gates from a standard normal code.",
        markdown_table(
            ("figure", "value", "ideal", "random weights", "unit"),
            [
                (each.name, each.value, each.ideal, each.untrained, each.unit)
                for each in headlines(predicate)
            ],
        ),
        "Each figure is a claim in `certificate.json`, measured and, if signed, vouched for. "
        "`CERTIFICATE.md` shows all of them beside their limits and beside two networks that know "
        "nothing.",
        "## Use\n\n```python\n"
        "import fluxttice_core as fx\n\n"
        f'checkpoint = fx.load("{WEIGHTS}")\n'
        "codes = fx.encode([7153, 15633], model=checkpoint)\n"
        "gates = fx.decode(codes, model=checkpoint)\n```",
        "## Intended use and limits\n\nResearch on discrete generative models, and embedding or "
        "drawing ternary gates. The model knows this one space and nothing else.\n\n"
        + "\n".join(f"- {text}" for text in predicate["limits"]),
        "## Training data\n\n"
        + _training_data(predicate)
        + " No personal or collected data: the space is enumerated.",
    ]
    return "\n".join(lines) + "\n" + "\n\n".join(body) + "\n"


def _training_data(predicate: Mapping[str, Any]) -> str:
    if not predicate["split"]["is_recorded"]:
        return "Not recorded in the file."
    sizes = predicate["split"]["sizes"]
    return (
        f"{sizes['train']:,} of the 19,683 operations ({share(sizes['train'], 19683)}); "
        f"{sizes['validation']:,} were used for selection, {sizes['test']:,} for neither."
    )


def render_bom(
    predicate: Mapping[str, Any], digests: Mapping[str, str], config: Mapping[str, Any] | None
) -> bytes:
    """Return ``bom.cdx.json``: a CycloneDX 1.6 bill of materials of the model.

    ``digests`` holds the SHA-256 of the weights file and, if there is one, of the configuration.
    """
    # Made from the content, so that the same certificate has the same serial number.
    name = f"{predicate['checkpoint']['weights_sha256']}/{predicate['validity']['issued']}"
    serial = uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)
    references = [
        {
            "type": "model-card",
            "url": "README.md",
            "comment": "Model card, generated from the certificate",
        },
        {
            "type": "attestation",
            "url": "certificate.json",
            "comment": "in-toto statement of what was measured",
        },
    ]
    if CONFIG in digests:
        references.append(
            {
                "type": "configuration",
                "url": CONFIG,
                "hashes": [{"alg": "SHA-256", "content": digests[CONFIG]}],  # type: ignore[dict-item]
            }
        )
    model = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": model_name(config),
        "version": predicate["checkpoint"]["weights_sha256"],
        "licenses": [{"license": {"id": _LICENSE}}],
        "hashes": [{"alg": "SHA-256", "content": digests[WEIGHTS]}],
        "externalReferences": references,
        "modelCard": {
            "modelParameters": {
                "approach": {"type": "unsupervised"},
                "task": "generation",
                "architectureFamily": "variational autoencoder",
                "modelArchitecture": "DualNeuralVAEV5",
                "datasets": [{"ref": "space"}],
            },
            "quantitativeAnalysis": {
                "performanceMetrics": [
                    {"type": f"{each.name} ({each.unit})", "value": each.value}
                    for each in headlines(predicate)
                ]
            },
            "considerations": {"technicalLimitations": list(predicate["limits"])},
        },
    }
    space = {
        "type": "data",
        "bom-ref": "space",
        "name": predicate["space"]["id"],
        "description": "All 19,683 two-input ternary operations, enumerated",
        "hashes": [{"alg": "SHA-256", "content": predicate["space"]["table_sha256"]}],
    }
    return canonical_json(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": f"urn:uuid:{serial}",
            "version": 1,
            "metadata": {
                "timestamp": predicate["validity"]["issued"],
                "tools": {
                    "components": [
                        {
                            "type": "application",
                            "name": TOOL_NAME,
                            "version": predicate["tool"]["version"],
                        }
                    ]
                },
                "component": model,
            },
            "components": [space],
        }
    )
