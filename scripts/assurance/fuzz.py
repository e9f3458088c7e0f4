"""Coverage-guided fuzzing of the three parsers of files from strangers.

    pip install atheris
    python scripts/assurance/fuzz.py config|certificate|checkpoint -runs=100000

Everything but the parser's own refusal is a finding: another exception, more than ten seconds for
one input, more than 2 GiB of memory. Further arguments go to libFuzzer.
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["fluxttice_core", "yaml", "json", "safetensors"]):
    from fluxttice_core.artifacts.checkpoint import checkpoint_from_safetensors
    from fluxttice_core.certificate import KINDS, NETWORK
    from fluxttice_core.config import load_config
    from fluxttice_core.errors import CertificateError, CheckpointError, ConfigError
    from fluxttice_core.seal.envelope import parse_envelope, sign_payload
    from fluxttice_core.seal.model_signature import parse_file_signature
    from fluxttice_core.seal.statement import make_statement, parse_statement
    from fluxttice_core.strict_json import read_json

ROOT = Path(__file__).parents[2]
WORK = Path(tempfile.mkdtemp(prefix="fuzz-"))


def fuzz_config(data: bytes) -> None:
    """A training configuration: YAML, then every key."""
    path = WORK / "config.yaml"
    path.write_bytes(data)
    with suppress(ConfigError):
        load_config(path)


def fuzz_certificate(data: bytes) -> None:
    """The envelope, the statement inside it, ``model.sig``, and the JSON under all of them."""
    for parse in (
        lambda: parse_envelope(data, "fuzz"),
        lambda: parse_statement(data, "fuzz", KINDS),
        lambda: parse_file_signature(data, "fuzz"),
    ):
        with suppress(CertificateError):
            parse()
    with suppress(ValueError):
        read_json(data)


def fuzz_checkpoint(data: bytes) -> None:
    """A safetensors file: header, metadata, layout."""
    with suppress(CheckpointError):
        checkpoint_from_safetensors(data, "fuzz")


def seeds(target: str) -> list[bytes]:
    """Whole inputs to start from."""
    if target == "config":
        return [(ROOT / "configs/ternary_v5_5.yaml").read_bytes()]
    if target == "certificate":
        files = [(name, "0" * 64) for name in NETWORK.required]
        statement = make_statement(files, NETWORK.predicate_type, {"limits": []})
        return [statement, sign_payload(statement).to_bytes(), _golden_statement()]
    header = {
        "__metadata__": {"fluxttice": '{"schema":"fluxttice_core/weights/v1","epoch":3}'},
        "encoder_A.fc_mu.bias": {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]},
    }
    text = json.dumps(header).encode()
    return [struct.pack("<Q", len(text)) + text + bytes(64)]


def _golden_statement() -> bytes:
    """A whole statement: small changes of it get past the schema."""
    path = ROOT / "tests/golden/v0.1/codebook/certificate.json"
    return parse_envelope(path.read_bytes(), "golden").payload


def main() -> None:
    """Run one target."""
    target = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    targets = {
        "config": fuzz_config,
        "certificate": fuzz_certificate,
        "checkpoint": fuzz_checkpoint,
    }
    if target not in targets:
        sys.exit(f"expected one of {', '.join(targets)}")
    corpus = WORK / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds(target)):
        (corpus / str(number)).write_bytes(data)
    limits = ["-max_len=32768", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits, *sys.argv[1:], str(corpus)], targets[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
