"""Lies about a network's certificate, by whoever holds the signing key.

A liar changes one leaf of one file, writes everything that follows from it anew to fit (separation,
checklist, documents, provenance, hashes) and signs all of it. Whether any of it verifies is for the
tests beside to say.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from fluxttice_core.artifacts.checkpoint import checkpoint_from_safetensors
from fluxttice_core.canonical import canonical_json
from fluxttice_core.certificate import KINDS
from fluxttice_core.certificate.network import descriptions, issue, remeasurement
from fluxttice_core.certificate.network.conclusions import conclude_checklist, conclude_separation
from fluxttice_core.certificate.network.derived import derived_files
from fluxttice_core.certificate.network.issue import IssueOptions
from fluxttice_core.certificate.network.predicate import ConfigOrigin, NetworkPredicate
from fluxttice_core.certificate.network.provenance import SLSA_TYPE, provenance
from fluxttice_core.errors import CertificateError, FluxtticeError
from fluxttice_core.seal import (
    Verification,
    load_private_key,
    load_public_key,
    signed_statement,
    verify_folder,
)
from fluxttice_core.seal.envelope import sign_payload
from fluxttice_core.seal.model_signature import sign_files
from tests.certificate.draws.test_attacks import changed, leaves, lies_about
from tests.certificates import DRAWS, public, statement_of

WEIGHTS, CONFIG, PROVENANCE = "weights.safetensors", "config.json", "provenance.json"
# What is concluded is told here as the liar wishes, and elsewhere anew from the lie.
CONCLUDED = ("separation", "checklist")


@dataclass(frozen=True)
class Lie:
    """A place of a file, what stands there, what is said instead, and the folder that says so."""

    file: str
    place: str
    old: Any
    new: Any
    statement: dict[str, Any]
    files: dict[str, bytes] = field(repr=False)

    @property
    def size(self) -> tuple[int, Decimal]:
        """Numbers by how far they are off, then texts by length, then the rest."""
        try:
            off = abs(Decimal(str(self.new)) - Decimal(str(self.old)))
            if off.is_finite() and not isinstance(self.new, bool):
                return 2, off
        except InvalidOperation:
            pass
        text = self.new if isinstance(self.new, str) else ""
        return (1, Decimal(len(text))) if text else (0, Decimal(0))

    @property
    def words(self) -> str:
        """The lie, short enough for a table."""
        if self.new is KeyError:
            return "left out"
        text = json.dumps(self.new, ensure_ascii=True, default=str)
        return text if len(text) <= 40 else f"{text[:36]} ..."


def place_of(path: tuple[Any, ...]) -> str:
    """Where a leaf is, with the numbers of list items left out."""
    return ".".join("[]" if isinstance(step, int) else step for step in path).replace(".[]", "[]")


def more_lies(value: Any, parent: Any) -> Iterator[Any]:
    """Those about any leaf, and a few more: null, its neighbour's value, last digits, far off."""
    yield from lies_about(value)
    if value is not None:
        yield None
    for other in parent.values() if isinstance(parent, dict) else parent or ():
        if type(other) is type(value) and other != value:
            yield other
            break
    if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value):
        step = Decimal(1).scaleb(-len(value.partition(".")[2]))
        for times in (1, -1, 2, 3, 1000, 10**6):
            yield f"{Decimal(value) + times * step:f}"
    if type(value) is int:
        yield from (10 * value, 10**400)


Told = tuple[tuple[Any, ...], Any, Any, Any]


def told(record: Any, dice: random.Random, share: float) -> Iterator[Told]:
    """A share of the lies about a record: where, what stands there, what is said, and the record.

    The places are drawn, and of each its lies, before any record is copied.
    """
    for path, value in leaves(record):
        parent = record
        for step in path[:-1]:
            parent = parent[step]
        seen = {repr(value)}
        for new in more_lies(value, parent if path else None):
            if repr(new) not in seen and (share >= 1 or dice.random() < share):
                other = changed(record, path, new)
                if other is not None:
                    yield path, value, new, other
            seen.add(repr(new))


class Liar:
    """An honest certificate, the key that signed it, and a folder to put lies into."""

    def __init__(self, honest: Path, work: Path, key: Path, share: float = 1.0) -> None:
        self.work, self.private = work, load_private_key(key)
        self.public = load_public_key(public(key))
        self.statement = statement_of(honest)
        self.predicate = self.statement["predicate"]
        names = {path.name for path in honest.iterdir()} - {"certificate.json", "model.sig"}
        self.files = {name: (honest / name).read_bytes() for name in sorted(names)}
        self.checkpoint = checkpoint_from_safetensors(self.files[WEIGHTS], WEIGHTS)
        self._written: dict[str, bytes] = {}
        self._dice, self._share = random.Random(0), share
        work.mkdir()

    def verify(self, lie: Lie | None, level: int) -> Verification | None:
        """What the verifier says of the folder with the lie; None where it cannot use it at all."""
        files, statement = (lie.files, lie.statement) if lie else (self.files, self.statement)
        payload = canonical_json(statement)
        files = {**files, "certificate.json": sign_payload(payload, [self.private]).to_bytes()}
        digests = {name: _sha256(data) for name, data in files.items()}
        self._write({**files, "model.sig": sign_files(digests, self.private)})
        try:
            return verify_folder(self.work, KINDS, [self.public], level=level)
        except CertificateError:
            return None

    def _write(self, files: dict[str, bytes]) -> None:
        for name in self._written.keys() - files.keys():
            (self.work / name).unlink()
        for name, data in files.items():
            if self._written.get(name) != data:
                (self.work / name).write_bytes(data)
        self._written = dict(files)

    def lies(self) -> Iterator[Lie]:
        """All of them, of all files."""
        yield from self._about_the_statement()
        yield from self._about_the_weights_metadata()
        yield from self._about_the_weights_file()
        for name in (CONFIG, "benchmark.json", "bom.cdx.json"):
            if name in self.files:
                yield from self._about_a_record(name)
        for name in ("README.md", "CERTIFICATE.md"):
            yield from self._about_a_text(name)
        if PROVENANCE in self.files:
            yield from self._about_the_provenance()

    def _told(self, record: Any) -> Iterator[Told]:
        return told(record, self._dice, self._share)

    def _about_the_statement(self) -> Iterator[Lie]:
        for path, old, new, statement in self._told(self.statement):
            predicate = statement.get("predicate")
            files = self.files
            if path[:1] == ("predicate",) and isinstance(predicate, dict):
                if len(path) > 1 and path[1] not in CONCLUDED:
                    predicate = statement["predicate"] = _concluded(predicate)
                files = self._fitted(predicate, self.files)
                statement = {**statement, "subject": _subjects(files)}
            yield Lie("certificate.json", place_of(path), old, new, statement, files)

    def _about_the_weights_metadata(self) -> Iterator[Lie]:
        """The file says it of itself, and all else is issued from it as this program would."""
        history = self.predicate["training"].get("history")
        for path, old, new, metadata in self._told(_plain(self.checkpoint.metadata)):
            try:
                lying = replace(self.checkpoint, metadata=MappingProxyType(metadata))
                files, predicate = self._issued(lying, metadata.get("config"), history)
            except (FluxtticeError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
                continue  # Nothing can be issued from it.
            yield self._lie(f"{WEIGHTS}: metadata", place_of(path), old, new, predicate, files)

    def _issued(
        self, checkpoint: Any, config: Any, history: Any
    ) -> tuple[dict[str, bytes], dict[str, Any]]:
        options = IssueOptions(keys=[self.private], num_draws=DRAWS)
        origin = None
        if config:
            origin = ConfigOrigin("embedded", _sha256(canonical_json(config)))
        predicate = issue._predicate(checkpoint, origin, options, None)
        files = issue._files(checkpoint, predicate, config or None, options)
        record = predicate.as_dict()
        record["validity"], record["environment"] = (
            self.predicate["validity"],
            self.predicate["environment"],
        )
        if history is not None:
            record["training"]["history"] = history
        record = _concluded(record)
        return self._fitted(record, files), record

    def _about_the_weights_file(self) -> Iterator[Lie]:
        """Its header, of the same tensors: more keys, other words, another order."""
        (length,) = struct.unpack("<Q", self.files[WEIGHTS][:8])
        header, data = self.files[WEIGHTS][8 : 8 + length], self.files[WEIGHTS][8 + length :]
        record = json.loads(header)
        inner = record["__metadata__"]
        others = {
            "padding": header + b" " * 8,
            "__metadata__.endorsed_by": {**record, "__metadata__": {**inner, "by": "NIST"}},
            "__metadata__.format": {**record, "__metadata__": {**inner, "format": "pt"}},
            "__metadata__": {key: value for key, value in record.items() if key[0] != "_"},
            "fluxttice": {**record, "__metadata__": {"fluxttice": inner["fluxttice"] + " "}},
            "order": dict(reversed(record.items())),
        }
        for place, other in others.items():
            text = other if isinstance(other, bytes) else json.dumps(other).encode()
            text += b" " * (-len(text) % 8)
            files = {**self.files, WEIGHTS: struct.pack("<Q", len(text)) + text + data}
            files = self._fitted(self.predicate, files, provenance_too=True)
            yield self._lie(f"{WEIGHTS}: header", place, "", place, self.predicate, files)

    def _about_a_record(self, name: str) -> Iterator[Lie]:
        for path, old, new, record in self._told(json.loads(self.files[name])):
            files, predicate = {**self.files, name: _json(record)}, self.predicate
            if name == CONFIG:
                digest = _sha256(files[CONFIG])
                predicate = {**predicate, "config": {**predicate["config"], "sha256": digest}}
                files = self._fitted(predicate, files, provenance_too=True)
            yield self._lie(name, place_of(path), old, new, predicate, files)

    def _about_a_text(self, name: str) -> Iterator[Lie]:
        lines = self.files[name].decode().splitlines(keepends=True)
        for number, line in enumerate(lines):
            others = {
                "left out": "",
                "doubled": line + line,
                "praised": line + "RETRAINED BY NIST\n",
                "raised": re.sub(r"\d", "9", line),
                "met": line.replace("- [ ]", "- [x]"),
                "swapped": "".join(lines[number : number + 2][::-1]),
            }
            for how, other in others.items():
                end = number + 1 + (how == "swapped")
                text = "".join([*lines[:number], other, *lines[end:]])
                if self._dice.random() < self._share and text.encode() != self.files[name]:
                    files = {**self.files, name: text.encode()}
                    yield self._lie(name, f"a line {how}", line, other, self.predicate, files)

    def _about_the_provenance(self) -> Iterator[Lie]:
        envelope = json.loads(self.files[PROVENANCE])
        for path, old, new, record in self._told(json.loads(base64.b64decode(envelope["payload"]))):
            signed = sign_payload(_json(record), [self.private]).to_bytes()
            files = {**self.files, PROVENANCE: signed}
            yield self._lie(PROVENANCE, place_of(path), old, new, self.predicate, files)
        for path, old, new, record in self._told(envelope):
            files = {**self.files, PROVENANCE: _json(record)}
            place = f"envelope: {place_of(path)}"
            yield self._lie(PROVENANCE, place, old, new, self.predicate, files)

    def _lie(
        self, file: str, place: str, old: Any, new: Any, predicate: Any, files: dict[str, bytes]
    ) -> Lie:
        statement = {**self.statement, "predicate": predicate, "subject": _subjects(files)}
        return Lie(file, place, old, new, statement, files)

    def _fitted(
        self, predicate: Any, files: dict[str, bytes], *, provenance_too: bool = False
    ) -> dict[str, bytes]:
        """The files with documents, and where it must change the provenance, that say the lie."""
        try:
            record = NetworkPredicate.from_dict(predicate)
            config = json.loads(files[CONFIG]) if CONFIG in files else None
            files = {**files, **derived_files(record, files, config)}
            if CONFIG in files and (
                provenance_too or predicate["training"] != self.predicate["training"]
            ):
                described = provenance(record.training, _sha256(files[CONFIG]))
                subjects = {WEIGHTS: _sha256(files[WEIGHTS])}
                keys = [self.private]
                files[PROVENANCE] = signed_statement(subjects, SLSA_TYPE, described, keys)
        except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError):
            pass  # No documents can be written of it: those of before stay.
        return files


def _concluded(predicate: Any) -> Any:
    """The predicate with the separation and the checklist that follow from what it now says."""
    try:
        record = NetworkPredicate.from_dict(predicate)
        record = replace(record, separation=conclude_separation(record))
        items = [item.as_dict() for item in conclude_checklist(record)]
        return {**predicate, "separation": record.separation.as_dict(), "checklist": items}
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError):
        return predicate


def _subjects(files: dict[str, bytes]) -> list[dict[str, Any]]:
    names = sorted(files)
    return [{"digest": {"sha256": _sha256(files[name])}, "name": name} for name in names]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _plain(record: Any) -> Any:
    return json.loads(json.dumps(dict(record)))


def _json(record: Any) -> bytes:
    return canonical_json(record)


@contextmanager
def measured_once() -> Iterator[None]:
    """Measure the same weights over the same split once: most lies leave both."""
    with pytest.MonkeyPatch.context() as patch:

        def remember(name: str, rooms: tuple[Any, ...], key: Any) -> None:
            real, known = getattr(rooms[0], name), {}

            def function(*arguments: Any) -> Any:
                place = key(*arguments)
                if place not in known:
                    known[place] = real(*arguments)
                return known[place]

            for room in rooms:
                patch.setattr(room, name, function)

        def split_key(split: Any) -> Any:
            return tuple((name, part.tobytes()) for name, part in split.parts().items())

        def exact_key(point: Any) -> Any:
            return point.weights_sha256, point.rho, point.rho_max, split_key(point.split)

        remember("split_digest", (descriptions,), split_key)
        remember("space_digest", (descriptions,), tuple)
        remember("control_networks", (descriptions,), int)
        both = (remeasurement, issue)
        remember("measure_exactly", both, exact_key)
        remember("describe_protocol", both, lambda c, draws: (c.weights_sha256, tuple(draws)))
        remember("drawn_measurements", both, lambda _, key, draws, *__: (key, tuple(draws)))
        yield
