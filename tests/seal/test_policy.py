"""Versions in the order that packaging gives them, and ends that exist."""

import pytest

from fluxttice_core.errors import CertificateError
from fluxttice_core.seal import Findings, Policy, Predicate, Tool, Validity, validity_faults
from fluxttice_core.seal.policy import check_policy


def mismatches(written, least):
    predicate = Predicate(Tool("tool", written), Validity("2026-01-01T00:00:00Z"), ())
    findings = Findings()
    check_policy(predicate, Policy(min_version=least), findings)
    assert len(findings.checked) + len(findings.mismatches) == 1
    return len(findings.mismatches)


@pytest.mark.parametrize(
    ("written", "least"),
    [
        ("2.0.1rc1", "2.0.0"),
        ("0.1.0", "0.1"),
        ("0.1", "0.1.0"),
        ("0.10", "0.9"),
        ("1.0", "1.0rc1"),
        ("1.0.post1", "1.0"),
        ("1.0+local", "1.0"),
    ],
)
def test_a_version_that_is_new_enough(written, least):
    assert not mismatches(written, least)


@pytest.mark.parametrize(
    ("written", "least"),
    [
        ("0.1.0", "0.2rc1"),
        ("0.1.0", "0.1.1"),
        ("1.0rc1", "1.0"),
        ("1.0.dev3", "1.0a1"),
        ("0.9", "0.10"),
        ("99999", "1!0"),
        ("1..0", "0.1"),
        ("not one", "0.1"),
        ("1" * 5000, "0.1"),
    ],
)
def test_a_version_that_is_too_old_or_none(written, least):
    assert mismatches(written, least)


@pytest.mark.parametrize("least", ["new", "", "1..0", "1" * 5000, "v"])
def test_a_demand_that_is_no_version(least):
    with pytest.raises(CertificateError, match=r"min_version is .*; expected a version like"):
        Policy(min_version=least)


@pytest.mark.parametrize(
    "expires",
    [
        "2020-99-99T00:00:00Z",
        "2027-02-31T00:00:00Z",
        "2027-01-01T25:00:00Z",
        "2027-01-01T00:00:61Z",
        "0000-01-01T00:00:00Z",
        "2027-01-01",
        "2027-01-01T00:00:00+00:00",
        "x" * 100_000,
    ],
)
def test_an_end_that_does_not_exist_is_not_signed(expires):
    (fault,) = validity_faults(expires, None)
    assert fault.endswith("expected a time like 2027-01-31T00:00:00Z")
    assert len(fault) < 200


def test_an_end_that_exists_is():
    assert validity_faults("2028-02-29T23:59:59Z", None) == []
