"""One record for every figure: how it is written, withheld and stored."""

import json
import math
import pickle
from dataclasses import FrozenInstanceError

import pytest

from fluxttice_core.errors import DrawsError
from fluxttice_core.measure import Estimate
from fluxttice_core.measure.estimate import finite, percent


def of(value, interval=None, unit="ids", **options):
    return Estimate(value, interval, unit=unit, method="counted", **options)


@pytest.mark.parametrize(
    ("estimate", "value", "interval"),
    [
        (of(1234), "1,234", ""),
        (of(1234.56, (1.0, 2e6)), "1,234.6", "1.0 .. 2,000,000.0"),
        (of(8.0, (5.0, None)), "8.0", "5.0 .. "),
        (of(8.0, (None, 9.25)), "8.0", " .. 9.2"),
        (of(None, reason="too few draws"), "-", "none: too few draws"),
        (of(3.0, reason="too few draws"), "3.0", "none: too few draws"),
        (of(0.123456, (0.1, 1.0), "mass"), "0.12346", "0.10000 .. 1.00000"),
        (of(0.92119, None, "share"), "92.12 %", ""),
        (of(0.99884, (0.9, 1.1), "ratio"), "0.9988", "0.9000 .. 1.1000"),
        (of(-0.00001, None, "chi-square"), "0.0000", ""),
        (of(9.88754, None, "nats"), "9.8875", ""),
        (of(0.00012345, None, "bits per frame"), "0.0001234", ""),
    ],
)
def test_how_an_estimate_is_written(estimate, value, interval):
    assert (estimate.value_text(), estimate.interval_text()) == (value, interval)


@pytest.mark.parametrize("value", [0.999_95, 0.999_999, 1 - 1e-12])
def test_less_than_all_is_never_written_as_all(value):
    assert of(value, (value, 1.0), "share").value_text() == percent(value) == "99.99 %"
    assert of(1.0, unit="share").value_text() == percent(1.0) == "100.00 %"
    assert percent(value, 1) == "99.9 %"
    mass = of(value, (value, 1.0), "mass")
    assert float(mass.value_text()) < 1
    assert mass.interval_text().endswith(".. 1.00000")


def test_the_repr_says_what_it_must_be_read_beside():
    text = repr(of(17_792.4, (10_356.0, 19_683.0), limit=19_683.0, n=1_024))
    assert (
        text
        == "Estimate(17,792.4 ids, 95 % interval 10,356.0 .. 19,683.0, limit 19,683.0, n = 1,024)"
    )
    assert repr(of(None, reason="too few draws", n=3)) == (
        "Estimate(- ids, n = 3, withheld: too few draws)"
    )


def test_a_number_or_a_refusal():
    assert float(of(3)) == 3.0
    with pytest.raises(DrawsError, match="withheld: the draws are not independent"):
        float(of(3.0).withheld("the draws are not independent"))


def test_withholding():
    whole = of(3, (2.0, 4.0), n=5, limit=6.0)
    none = whole.withheld("chained")
    assert (none.value, none.interval, none.reason) == (None, None, "chained")
    kept = whole.withheld("chained", keep_value=True)
    assert (kept.value, kept.interval, kept.reason) == (3, None, "chained")
    assert (none.n, none.limit, none.unit, none.method) == (5, 6.0, "ids", "counted")
    count = of(3)
    assert count.withheld("chained", keep_value=True) is count


def test_json_knows_no_infinity():
    record = of(math.inf, (1.0, math.inf), limit=math.nan, n=7).as_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == {
        "value": None,
        "interval": [1.0, None],
        "unit": "ids",
        "method": "counted",
        "limit": None,
        "n": 7,
        "reason": None,
    }
    count = of(3).as_dict()["value"]
    assert (count, type(count)) == (3, int)


def test_an_estimate_is_a_value():
    assert of(3.0, (1.0, None)) == of(3.0, (1.0, None)) != of(3.0)
    assert pickle.loads(pickle.dumps(of(3.0, (1.0, None)))) == of(3.0, (1.0, None))
    with pytest.raises(FrozenInstanceError):
        of(3.0).value = 4.0


def test_what_json_and_intervals_cannot_hold():
    assert finite(math.inf) is None
    assert finite(None) is None
    assert finite(2) == 2.0
