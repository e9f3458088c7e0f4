"""Reading bytes as a file of a name, as a pipe, and as a pipe that gives a byte at a time."""

import io

import pytest

from fluxttice_core.artifacts.draws import Counted, ReadOptions, read_draws


def all_of(draws):
    """Every draw of a source, as plain values; pairs of id and count of a table of counts."""
    found = []
    for chunk in draws:
        if isinstance(chunk, Counted):
            found += zip(as_list(chunk.values), chunk.counts.tolist(), strict=True)
        else:
            found += as_list(chunk)
    return found


def as_list(values):
    return values if isinstance(values, list) else values.tolist()


class Slow(io.BytesIO):
    """A pipe that gives one byte at a time."""

    def read1(self, size=-1):
        return self.read(1)


@pytest.fixture
def read(tmp_path):
    """Read bytes or text as a file: its draws, and what was read."""

    def call(name, data, **options):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        draws = read_draws(path, ReadOptions(**options))
        return all_of(draws), draws

    return call


@pytest.fixture(params=["file", "standard input", "a byte at a time"])
def read_text(request, tmp_path):
    """Read the text of a ``.txt`` in each way that it may come."""

    def call(data, **options):
        data = data if isinstance(data, bytes) else data.encode()
        if request.param == "file":
            (tmp_path / "draws.txt").write_bytes(data)
            return all_of(read_draws(tmp_path / "draws.txt", ReadOptions(**options)))
        stream = (Slow if request.param == "a byte at a time" else io.BytesIO)(data)
        return all_of(read_draws("-", ReadOptions(**options), stream))

    return call
