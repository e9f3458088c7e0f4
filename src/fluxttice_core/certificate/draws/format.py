"""The names that the format fixes: its type, its files, the tool that writes it."""

from __future__ import annotations

PREDICATE_TYPE = "urn:fluxttice_core:draws-certificate:v1"
SCHEMA = "fluxttice_core/draws-certificate/v1"
SCHEMA_FILE = "draws-certificate-v1.schema.json"
TOOL_NAME = "fluxttice_core"
# Raised whenever the wording of a generated document or of a limit changes.
TEXT_REVISION = 1

BOM = "bom.cdx.json"
CARD = "README.md"
DOCUMENT = "CERTIFICATE.md"
REQUIRED = (BOM, CARD, DOCUMENT)
# The draws themselves, if the issuer includes them, keep the endings that say how to read them:
# those of ``artifacts.draws.formats``, spelled out so that who checks a signature loads no reader.
_STREAMED = (
    *(".csv", ".tsv", ".tab", ".txt", ".smi", ".smiles", ".jsonl", ".ndjson", ".json", ".npy"),
    *(".bin", ".raw"),
)
_PACKED = (".gz", ".bz2", ".xz", ".zst")
INCLUDED = (
    *(f"draws{suffix}{packed}" for suffix in _STREAMED for packed in ("", *_PACKED)),
    *(f"draws{suffix}" for suffix in (".npz", ".parquet", ".arrow", ".feather", ".pt", ".pth")),
)
