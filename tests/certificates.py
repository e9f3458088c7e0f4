"""Making, changing and re-signing certificates, for the tests."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from fluxttice_core import api
from fluxttice_core.canonical import canonical_json
from fluxttice_core.certificate import KINDS
from fluxttice_core.certificate.network.derived import derived_files
from fluxttice_core.certificate.network.format import PREDICATE_TYPE
from fluxttice_core.certificate.network.predicate import NetworkPredicate
from fluxttice_core.certificate.network.provenance import SLSA_TYPE, provenance
from fluxttice_core.seal import (
    load_private_key,
    load_public_key,
    signed_statement,
    verify_folder,
    write_key_pair,
)
from fluxttice_core.seal.envelope import sign_payload
from fluxttice_core.seal.model_signature import sign_files
from fluxttice_core.seal.statement import make_statement

# Few draws: what is certified here is small, how it is certified is not.
DRAWS = (20, 100)


def make_key(folder: Path, name: str = "key") -> Path:
    """A fresh unencrypted key pair; its public half is at the path + ".pub"."""
    return write_key_pair(folder / name)[0]


def public(key: Path) -> Path:
    return key.with_name(key.name + ".pub")


def issue(source: Any, out: Path, *keys: Path, **options: Any) -> Path:
    api.certify(source, out, key=keys, num_draws=DRAWS, **options)
    return out


def check(folder: Path, *keys: Path, level: int = 1, **options: Any) -> Any:
    return verify_folder(
        folder, KINDS, [load_public_key(public(key)) for key in keys], level=level, **options
    )


def reasons(outcome: Any) -> set[tuple[str, str]]:
    return {(item.reason, item.subject) for item in outcome.mismatches}


def payload_of(folder: Path, name: str = "certificate.json") -> bytes:
    return base64.b64decode(json.loads((folder / name).read_bytes())["payload"])


def statement_of(folder: Path) -> dict[str, Any]:
    return json.loads(payload_of(folder))


def copy_of(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target, symlinks=True)
    return target


def sign_again(folder: Path, statement: bytes, key: Path) -> None:
    """Put another statement into the envelope, and sign it and the files with the right key."""
    private = load_private_key(key)
    (folder / "certificate.json").write_bytes(sign_payload(statement, [private]).to_bytes())
    digests = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "model.sig"
    }
    (folder / "model.sig").write_bytes(sign_files(digests, private))


def change_and_sign(folder: Path, key: Path, change: Any, *, documents: bool = True) -> None:
    """Change the predicate as a dishonest issuer would, documents and all, and sign it again."""
    predicate = copy.deepcopy(statement_of(folder)["predicate"])
    change(predicate)
    names = {path.name for path in folder.iterdir()} - {"certificate.json", "model.sig"}
    files = {name: (folder / name).read_bytes() for name in names}
    if documents:
        config = json.loads(files["config.json"]) if "config.json" in files else None
        record = NetworkPredicate.from_dict(predicate)
        files |= derived_files(record, files, config)
        if predicate["training"] != statement_of(folder)["predicate"]["training"]:
            files |= _provenance(record, files, key)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    subjects = [(name, hashlib.sha256(data).hexdigest()) for name, data in files.items()]
    sign_again(folder, make_statement(subjects, PREDICATE_TYPE, predicate), key)


def _provenance(
    predicate: NetworkPredicate, files: dict[str, bytes], key: Path
) -> dict[str, bytes]:
    if "provenance.json" not in files:
        return {}
    digests = {name: hashlib.sha256(files[name]).hexdigest() for name in files}
    told = provenance(predicate.training, digests["config.json"])
    weights = {"weights.safetensors": digests["weights.safetensors"]}
    return {"provenance.json": signed_statement(weights, SLSA_TYPE, told, [load_private_key(key)])}


def claim(predicate: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in predicate["measurements"] if item["name"] == name)


def canonical(value: Any) -> bytes:
    return canonical_json(value)
