"""Files as other people's tools write them: each is read right, or refused with what mends it."""

import json
import re

import pytest

from tests.cli.public import arrays, fields, tables, texts

KINDS = {
    "R": tables.R,
    "pandas": tables.PANDAS,
    "Excel": tables.EXCEL,
    "ecology": fields.ECOLOGY,
    "receptors": fields.RECEPTORS,
    "chemistry": fields.CHEMISTRY,
    "arrays": arrays.ARRAYS,
    "tensors": arrays.TENSORS,
    "samplers": arrays.SAMPLERS,
    "Parquet": arrays.PARQUET,
    "texts": texts.TEXTS,
    "packed": texts.PACKED,
}


def test_every_kind_has_ten_files_or_more():
    assert min(map(len, KINDS.values())) >= 10


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        pytest.param(file, expected, id=f"{kind}: {what}")
        for kind, files in KINDS.items()
        for what, (file, expected) in files.items()
    ],
)
def test_a_file_is_read_right_or_refused_with_what_mends_it(
    file, expected, run, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    name, data, *options = file
    data = data() if callable(data) else data
    (tmp_path / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    code, out, err = run("coverage", name, *options, "--json")
    if isinstance(expected, tuple):
        assert err == ""
        assert code in (0, 1)
        record = json.loads(out)
        assert (record["num_draws"], record["observed_richness"]) == expected
    else:
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert err.startswith("error: ")
        assert re.search(expected, err), err
