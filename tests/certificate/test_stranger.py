"""A reader written from docs/certificate.md alone: nothing of the package is imported below.

Were the document wrong or incomplete, this second implementation would count something else.
"""

import base64
import hashlib
import json
import re
import statistics
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

DOCUMENT = Path(__file__).parents[2] / "docs/certificate.md"


def read_weights(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        start, stop = entry["data_offsets"]
        assert entry["dtype"] == "F32"
        values = np.frombuffer(data[8 + length + start : 8 + length + stop], "<f4")
        tensors[name] = values.reshape(entry["shape"])
    return tensors, json.loads(metadata["fluxttice"])


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def weights_digest(tensors):
    digest = hashlib.sha256()
    for name in sorted(tensors):
        header = canonical([name, "float32", list(tensors[name].shape)])
        digest.update(struct.pack("<Q", len(header)) + header + tensors[name].tobytes())
    return digest.hexdigest()


class Network:
    def __init__(self, tensors):
        self.tensors = {name: value.astype(np.float64) for name, value in tensors.items()}

    def linear(self, name, values):
        return values @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]

    def mean(self, trits, pathway):
        hidden = trits.astype(np.float64)
        for layer in ("0", "2", "4"):
            hidden = np.maximum(self.linear(f"encoder_{pathway}.encoder.{layer}", hidden), 0)
        return self.linear(f"encoder_{pathway}.fc_mu", hidden)

    def logits(self, codes, pathway):
        if pathway == "A":
            hidden = np.maximum(self.linear("decoder_A.decoder.0", codes), 0)
            hidden = np.maximum(self.linear("decoder_A.decoder.2", hidden), 0)
            return self.linear("decoder_A.decoder.4", hidden).reshape(-1, 9, 3)
        hidden = np.maximum(self.linear("decoder_B.fc_in", codes), 0)
        for block in ("1", "2"):
            inner = np.maximum(self.linear(f"decoder_B.residual{block}.block.0", hidden), 0)
            hidden = hidden + self.linear(f"decoder_B.residual{block}.block.2", inner)
            if block == "1":
                hidden = np.maximum(hidden, 0)
        return self.linear("decoder_B.fc_out", hidden).reshape(-1, 9, 3)


def index(trits):
    return (trits + 1) @ 3 ** np.arange(9)


@pytest.fixture(scope="module")
def read(issued):
    envelope = json.loads((issued / "certificate.json").read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    tensors, metadata = read_weights(issued / "weights.safetensors")
    claims = {item["name"]: item for item in statement["predicate"]["measurements"]}
    return issued, statement, tensors, metadata, claims


def test_files_and_identity(read):
    folder, statement, tensors, metadata, _ = read
    for subject in statement["subject"]:
        data = (folder / subject["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == subject["digest"]["sha256"]
    checkpoint = statement["predicate"]["checkpoint"]
    assert weights_digest(tensors) == checkpoint["weights_sha256"]
    assert metadata["epoch"] == checkpoint["epoch"]
    config = (folder / "config.json").read_bytes()
    assert hashlib.sha256(config).hexdigest() == statement["predicate"]["config"]["sha256"]


def test_the_space(read):
    rows = np.array([[i // 3**k % 3 - 1 for k in range(9)] for i in range(19683)])
    text = "".join(",".join(map(str, row)) + "\n" for row in rows.tolist())
    stated = read[1]["predicate"]["space"]["table_sha256"]
    assert hashlib.sha256(text.encode()).hexdigest() == stated


def test_exact_counts(read):
    _, statement, tensors, _, claims = read
    network = Network(tensors)
    operations = np.array([[i // 3**k % 3 - 1 for k in range(9)] for i in range(19683)])
    means = {pathway: network.mean(operations, pathway) for pathway in "AB"}
    rho = float(statement["predicate"]["checkpoint"]["rho_max"])
    for pathway, other in ("AB", "BA"):
        mixed = (1 - rho) * means[pathway] + rho * means[other]
        for path, codes in (("alone", means[pathway]), (f"rho={rho}", mixed)):
            logits = network.logits(codes, pathway)
            decoded = index(logits.argmax(-1) - 1)
            claim = claims[f"model/{pathway}/reconstruction/{path}/all"]
            assert int((decoded == np.arange(19683)).sum()) == claim["value"]
            lines = "".join(f"{each}\n" for each in decoded.tolist())
            assert hashlib.sha256(lines.encode()).hexdigest() == claim["digest"]
            ordered = np.sort(logits, axis=-1)
            gap = float((ordered[..., 2] - ordered[..., 1]).min())
            assert f"{gap:.9f}"[:9] == claim["min_gap"][:9]


def test_recorded_draws(read):
    _, statement, tensors, _, claims = read
    protocol = statement["predicate"]["protocol"]
    digest = weights_digest(tensors)
    text = f"fluxttice_core/certificate-noise/v1/{digest}"
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
    assert f"{key:032x}" == protocol["key"]
    most = protocol["num_draws"][-1]
    words = np.random.Philox(key=key).random_raw(most * 25)
    assert hashlib.sha256(words.astype("<u8").tobytes()).hexdigest() == protocol["noise_sha256"]
    numbers = (((words >> np.uint64(12)).astype(float) + 0.5) / 2**52).reshape(most, 25)
    normal = statistics.NormalDist()
    latents = np.array([[normal.inv_cdf(each) for each in row[:16]] for row in numbers.tolist()])
    network = Network(tensors)
    for pathway in "AB":
        logits = network.logits(latents, pathway)
        shares = np.exp(logits - logits.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        ends = shares.cumsum(-1)
        drawn = (numbers[:, 16:, None] >= ends[..., :2]).sum(-1) - 1
        for reading, trits in (("sampled", drawn), ("mode", logits.argmax(-1) - 1)):
            for n in protocol["num_draws"]:
                claim = claims[f"model/{pathway}/distinct/{reading}/n={n}"]
                met = np.unique(index(trits[:n]))
                assert len(met) == claim["value"]
                bitmap = np.zeros(19683, dtype=bool)
                bitmap[met] = True
                packed = np.packbits(bitmap, bitorder="little").tobytes()
                assert hashlib.sha256(packed).hexdigest() == claim["digest"]


def test_the_commands_of_the_document(folder, key, tmp_path):
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [each for each in blocks if "openssl dgst" in each]
    (folder / "release-key.pub").write_bytes(key.with_name(key.name + ".pub").read_bytes())
    # The other command is run in test_judges: here it would count the key as a file added.
    only = block[: block.index("model_signing")]
    done = subprocess.run(["bash", "-ec", only], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "Verified OK\n"), done.stderr
