"""From counts of counts to figures: what are no counts, and that a file must stand still."""

import numpy as np
import pytest

from fluxttice_core import measure
from fluxttice_core.artifacts.draws import ReadOptions
from fluxttice_core.certificate.differences import compare, is_number
from fluxttice_core.certificate.draws import source
from fluxttice_core.certificate.draws.figures import counts_faults, report_of
from fluxttice_core.certificate.draws.predicate import Counts, Lag
from fluxttice_core.certificate.draws.source import DrawsDigest, read_source
from fluxttice_core.certificate.words import stated
from fluxttice_core.errors import ArtifactError, DrawsError
from fluxttice_core.seal import Findings

LAG = Lag(2, 9, "1.0", 1)


@pytest.mark.parametrize(
    "counts",
    [
        Counts((), ()),
        Counts((1, 2), (3,)),
        Counts((2, 1), (3, 1)),
        Counts((1, 1), (3, 1)),
        Counts((0, 1), (3, 1)),
        Counts((1, 2), (3, 0)),
        Counts((1,), (2**53 + 1,)),
        Counts((2,), (2**53 // 2 + 1,)),
        Counts((1, 2), (3, 1), adjacent_repeats=2),
        Counts((1, 2), (3, 1), adjacent_repeats=-1),
        Counts((1, 2), (3, 1), lag=LAG),
    ],
)
def test_what_are_no_counts_is_told(counts):
    assert counts_faults(counts)
    with pytest.raises(DrawsError):
        report_of(counts, None, ())


def test_more_ids_than_the_space_has_are_told():
    with pytest.raises(DrawsError, match="4 ids in a space of 3"):
        report_of(Counts((1, 2), (3, 1)), 3, ())


def test_they_are_those_of_the_instrument():
    drawn = np.random.default_rng(1).integers(0, 100, 300)
    there = measure.draws(drawn, space=100, num_draws=(50,))
    frequencies = measure.FrequencyCounts.of(drawn)
    adjacent = int(np.count_nonzero(drawn[1:] == drawn[:-1]))
    counts = Counts(frequencies.times, frequencies.num_ids, adjacent)
    here = report_of(counts, 100, (50,))
    assert here.estimates == there.estimates
    assert (here.curve, here.curve_ci) == (there.curve, there.curve_ci)
    assert here.independence == there.independence


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "draws.txt"
    path.write_text("1\n2\n")
    count = source.lag_fault

    def slow(*arguments):
        path.write_text("1\n2\n3\n")
        return count(*arguments)

    monkeypatch.setattr(source, "lag_fault", slow)
    with pytest.raises(ArtifactError, match="changed while it was read"):
        read_source((str(path),), ReadOptions())


def digest(*chunks):
    found = DrawsDigest()
    for chunk in chunks:
        found.add(chunk)
    return found.hexdigest()


def test_the_digest_is_of_draws_and_not_of_chunks():
    one = digest(np.array([1, 2, 3]))
    assert digest(np.array([1]), np.array([2, 3], "u1")) == one
    assert digest(np.array([3, 2, 1])) != one
    assert digest(["1", "2", "3"]) != one
    assert digest(np.array([[1, 2, 3]])) != one
    assert digest(np.array([-1])) != digest(np.array([2**64 - 1], "u8"))
    assert digest(["a", "b"]) != digest(["ab"]) != digest(["a\nb"])
    assert digest([("a", "b")]) != digest(["a", "b"])


@pytest.mark.parametrize(
    ("said", "found", "same"),
    [
        ("0.5", "0.5", True),
        ("0.5000000000000001", "0.5", True),
        ("0.50000001", "0.5", False),
        ("0.50", "0.5", False),
        ("1e-13", "0.0", True),
        ("1e-11", "0.0", False),
        ("inf", "0.5", False),
        ("nan", "0.5", False),
        (1, True, False),
        (1, "1", False),
        (None, "0.5", False),
        ([1], [1, 1], False),
        ([1, 2], [2, 1], False),
    ],
)
def test_only_last_digits_of_decimal_text_may_differ(said, found, same):
    findings = Findings()
    compare("figures[0].value", said, found, findings)
    assert bool(findings.mismatches) != same
    # Words are compared exactly, whatever they look like.
    findings = Findings()
    compare("figures[0].method", said, found, findings)
    assert bool(findings.mismatches) == (said != found or type(said) is not type(found))


def test_a_number_is_written_in_one_way():
    assert is_number("1e-05")
    assert not any(map(is_number, ("1e-5", "+1.0", "1", "1_0.0", " 1.0", "x")))


def test_words_of_an_issuer_stay_on_their_line():
    hostile = "# A\n\x1b[2J\u202e**b** <i> | `c` [d](e)"
    shown = stated(hostile)
    assert shown.isprintable()
    assert "**" not in shown
    assert all(f"\\{sign}" in shown for sign in "#*<|`[(")
    assert len(stated("x" * 10_000)) < 100
