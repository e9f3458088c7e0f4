"""A certificate checked by a plain script: its signature and files, with the framework loaded.

python -m benchmarks.reference.verify FOLDER KEY
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path

import torch
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from safetensors.torch import load_file


def check(folder: Path, key: Path) -> bool:
    envelope = json.loads((folder / "certificate.json").read_text())
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    public = serialization.load_pem_public_key(key.read_bytes())
    for signature in envelope["signatures"]:
        public.verify(base64.b64decode(signature["sig"]), signed, ec.ECDSA(hashes.SHA256()))
    for subject in json.loads(payload)["subject"]:
        path = folder / subject["name"]
        if not path.is_file():
            return False
        if hashlib.sha256(path.read_bytes()).hexdigest() != subject["digest"]["sha256"]:
            return False
    weights = load_file(folder / "weights.safetensors")
    return all(bool(torch.isfinite(value).all()) for value in weights.values())


if __name__ == "__main__":
    sys.exit(not check(Path(sys.argv[1]), Path(sys.argv[2])))
