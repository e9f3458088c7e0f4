"""Any signed folder: who signed which bytes, are these the bytes, and is what they say true.

A certificate is a folder with a signed in-toto statement in it, ``certificate.json``, about its
other files. What can be said of them is a :class:`Kind`: data that whoever needs one writes, with
the levels at which the claims are measured again. This room imports the floor alone and knows no
kind by name; only what is listed here is public.

To seal: :func:`new_folder`, :func:`valid_from_now`, :func:`signer_ids`, then :func:`seal_folder`.
To verify: :func:`verify_folder`, whose :class:`Verification` is for people, JSON and exit codes.
"""

from .folder import CERTIFICATE, MODEL_SIGNATURE
from .issuing import (
    new_folder,
    seal_folder,
    signed_statement,
    signer_ids,
    valid_from_now,
    validity_faults,
)
from .keys import (
    PASSWORD_VARIABLE,
    key_id,
    load_private_key,
    load_public_key,
    write_key_pair,
)
from .kind import Kind, Level, Progress
from .policy import Policy
from .predicate import Predicate, Record, Tool, Validity
from .schema import schema_faults
from .verdict import Findings, Mismatch, Summary, Verification
from .verify import verify_folder

__all__ = [
    "CERTIFICATE",
    "MODEL_SIGNATURE",
    "PASSWORD_VARIABLE",
    "Findings",
    "Kind",
    "Level",
    "Mismatch",
    "Policy",
    "Predicate",
    "Progress",
    "Record",
    "Summary",
    "Tool",
    "Validity",
    "Verification",
    "key_id",
    "load_private_key",
    "load_public_key",
    "new_folder",
    "schema_faults",
    "seal_folder",
    "signed_statement",
    "signer_ids",
    "valid_from_now",
    "validity_faults",
    "verify_folder",
    "write_key_pair",
]
