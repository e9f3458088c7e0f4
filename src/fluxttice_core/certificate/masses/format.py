"""The names that the format fixes: its type, its files, the tool that writes it."""

from __future__ import annotations

PREDICATE_TYPE = "urn:fluxttice_core:masses-certificate:v1"
SCHEMA = "fluxttice_core/masses-certificate/v1"
SCHEMA_FILE = "masses-certificate-v1.schema.json"
TOOL_NAME = "fluxttice_core"
# Raised whenever the wording of a generated document or of a limit changes.
TEXT_REVISION = 1

# An array (N,) of float64, as NumPy writes it.
MASSES = "masses.npy"
BOM = "bom.cdx.json"
CARD = "README.md"
DOCUMENT = "CERTIFICATE.md"
REQUIRED = (MASSES, BOM, CARD, DOCUMENT)
