"""The names that the format fixes: its type, its files, the tool that writes it."""

from __future__ import annotations

PREDICATE_TYPE = "urn:fluxttice_core:coverage-certificate:v1"
SCHEMA = "fluxttice_core/coverage-certificate/v1"
SCHEMA_FILE = "coverage-certificate-v1.schema.json"
TOOL_NAME = "fluxttice_core"
# Raised whenever the wording of a generated document changes, so that older documents are known
# to be older and not taken for edited ones.
TEXT_REVISION = 1
# At which distinct operations are counted, unless the issuer names others.
NUM_DRAWS = (50_000, 195_000)

WEIGHTS = "weights.safetensors"
CONFIG = "config.json"
BENCHMARK = "benchmark.json"
PROVENANCE = "provenance.json"
BOM = "bom.cdx.json"
CARD = "README.md"
DOCUMENT = "CERTIFICATE.md"
# What the certificate's own statement covers when present; the first group always is.
REQUIRED = (WEIGHTS, BENCHMARK, BOM, CARD, DOCUMENT)
OPTIONAL = (CONFIG, PROVENANCE)
