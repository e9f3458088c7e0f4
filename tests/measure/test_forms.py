"""Every report in every form: a few lines, HTML, a table, a frame, a picture."""

import builtins
import csv
import io
import math
from xml.etree import ElementTree

import numpy as np
import pytest

from fluxttice_core import coverage_report, gate, load, measure
from fluxttice_core.errors import DrawsError, MissingExtraError
from fluxttice_core.measure import Estimate
from fluxttice_core.measure.digits import interval_words, limit_words, value_words
from fluxttice_core.measure.forms import COLUMNS

NAME = "a|b_<script>alert(1)</script>&\n.npy"
RNG = np.random.default_rng(0)
IDS = RNG.integers(0, 64, 400)
DEPENDENT = np.repeat(IDS, 2)
MASSES = np.full(64, 1 / 64)


def shown_reports():
    return {
        "draws": measure.draws(IDS, space=64, name=NAME),
        "draws, unknown space": measure.draws([str(i) for i in IDS], name=NAME),
        "draws, groups": measure.draws(IDS.reshape(40, 10), space=64, groups="rows", name=NAME),
        "draws, dependent": measure.draws(DEPENDENT, space=64, name=NAME),
        "counts": measure.counts([4, 3, 2, 1, 1], name=NAME),
        "masses": measure.distribution([0.5, 0.25, 0.25], num_draws=(2, 10), name=NAME),
        "target": measure.against_target(IDS, MASSES, num_simulations=99, name=NAME),
        "target, dependent": measure.against_target(
            DEPENDENT, MASSES, num_simulations=99, name=NAME
        ),
        "incidence": measure.incidence([{"oak", "elm"}, {"oak", "ash"}, {"oak"}], name=NAME),
        "two samples": measure.compare_samples(IDS, RNG.integers(0, 50, 500), names=(NAME, "B")),
        "two samples, dependent": measure.compare_samples(DEPENDENT, IDS, names=(NAME, "B")),
        "stopping": stopped(IDS),
        "stopping, dependent": stopped(DEPENDENT),
        "plan": measure.plan_draws(IDS, figure="hill_number_2", width=0.1, names=(NAME,)),
        "plan, dependent": measure.plan_draws(DEPENDENT, reach=0.5, names=(NAME,)),
        "codebook": measure.codebook_usage([40, 30, 30, 0], 4),
        "codebook, few groups": measure_few(),
        "model": coverage_report(
            load(), num_draws=(100, 1000), num_runs=0, num_latents=2048, control_latents=512
        ),
    }


def stopped(draws):
    rule = measure.UnseenMassStop(below=0.2)
    rule.update(draws)
    return rule.report(name=NAME)


def measure_few():
    meter = measure.CodebookMeter(4)
    for _ in range(3):
        meter.update([0, 1, 1, 2])
    return meter.report()[0]


REPORTS = shown_reports()
DEPENDENT_ONES = [name for name in REPORTS if "dependent" in name]
# Whose picture supposes what does not hold.
UNDRAWN = [*DEPENDENT_ONES, "draws, groups"]
everyone = pytest.mark.parametrize("name", REPORTS)


@everyone
def test_a_shell_shows_a_few_lines_that_name_n(name):
    text = repr(REPORTS[name])
    lines = text.splitlines()
    assert 2 <= len(lines) <= 10
    assert all(line.isprintable() for line in lines)
    assert type(REPORTS[name]).__name__ in lines[0]
    assert any(sign.isdigit() for sign in lines[0])
    assert "Mapping" not in text
    assert "Estimate(" not in text


@everyone
def test_a_notebook_shows_well_formed_html_in_which_a_name_is_a_text(name):
    text = REPORTS[name]._repr_html_()
    root = ElementTree.fromstring(text)
    assert {item.tag for item in root.iter()} <= {
        "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "p",
    }  # fmt: skip
    assert "<script" not in text
    if not name.startswith(("codebook", "model")):
        assert NAME.replace("\n", "\\n") in root.find("table/caption").text


@everyone
def test_every_figure_is_a_row_of_the_frame_to_the_last_digit(name):
    report = REPORTS[name]
    frame = report.to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["name"].is_unique
    rows = frame.set_index("name")
    for key, item in getattr(report, "estimates", {}).items():
        row = rows.loc[key]
        assert (item.value is None) == math.isnan(row["value"])
        assert item.value is None or row["value"] == item.value
        for end, column in zip(item.interval or (None, None), ("lower", "upper"), strict=True):
            assert math.isnan(row[column]) if end is None else row[column] == end
        assert math.isnan(row["limit"]) if item.limit is None else row["limit"] == item.limit
        assert row["unit"] == item.unit
        assert row["method"] == item.method
        assert item.reason is None or row["reason"] == item.reason


@everyone
def test_csv_and_frame_hold_the_same(name):
    report = REPORTS[name]
    records = list(csv.DictReader(io.StringIO(report.to_table("csv"))))
    frame = report.to_frame()
    assert list(records[0]) == list(COLUMNS)
    assert len(records) == len(frame)
    for record, value, lower in zip(records, frame["value"], frame["lower"], strict=True):
        assert math.isnan(value) if record["value"] == "" else float(record["value"]) == value
        assert math.isnan(lower) if record["lower"] == "" else float(record["lower"]) == lower


@everyone
@pytest.mark.parametrize("form", ["markdown", "latex", "html"])
def test_tables_for_people_say_what_does_not_hold(name, form):
    text = REPORTS[name].to_table(form)
    assert ("NOT INDEPENDENT" in text) == (name in DEPENDENT_ONES)
    assert "\x1b" not in text
    if form != "html":
        assert "Cite as: The fluxttice_core authors" in text.splitlines()[-1]


def test_another_form_is_refused():
    with pytest.raises(DrawsError, match=r"expected form .* got 'xlsx'"):
        REPORTS["draws"].to_table("xlsx")


@pytest.mark.parametrize("name", [name for name in REPORTS if name not in UNDRAWN])
def test_each_is_drawn_on_the_axes_given(name):
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    assert REPORTS[name].plot(axes) is axes
    assert axes.lines
    assert axes.get_xlabel()


@pytest.mark.parametrize("name", UNDRAWN)
def test_nothing_is_drawn_of_what_does_not_hold(name):
    from matplotlib.figure import Figure

    with pytest.raises(DrawsError, match="got none"):
        REPORTS[name].plot(Figure().subplots())


def line_of(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line.get_xydata()


def test_the_curve_has_its_band_and_its_limit():
    from matplotlib.figure import Figure

    report = REPORTS["draws"]
    axes = report.plot(Figure().subplots())
    (band,) = axes.collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    for (n, _, _), (low, high) in zip(report.curve, report.curve_ci, strict=True):
        assert {(n, low), (n, high)} <= corners
    within = [(n, value) for n, value, _ in report.curve if n <= report.num_draws]
    assert line_of(axes, "measured").tolist() == [[0.0, 0.0], *map(list, within)]
    beyond = [(n, value) for n, value, _ in report.curve if n >= report.num_draws]
    assert line_of(axes, "extrapolated").tolist() == list(map(list, beyond))
    limit = line_of(axes, "limit: fair dice")
    for n, value in limit[1:]:
        assert value == pytest.approx(64 * (1 - (1 - 1 / 64) ** n))
    assert limit[-1][0] == report.curve[-1][0]


def test_without_a_space_there_is_no_limit_to_draw():
    from matplotlib.figure import Figure

    axes = REPORTS["draws, unknown space"].plot(Figure().subplots())
    assert "limit: fair dice" not in axes.get_legend_handles_labels()[1]


def test_an_interval_that_is_open_above_is_no_band():
    from matplotlib.figure import Figure

    from fluxttice_core.measure.drawings import draw_curve

    axes = Figure().subplots()
    draw_curve(axes, [1, 2, 3], [1.0, 1.5, 1.8], [(1.0, 1.0), (1.2, 2.0), (1.5, None)], 3)
    (band,) = axes.collections
    assert band.get_paths()[0].vertices[:, 0].max() == 2
    assert line_of(axes, "95 %: at least").tolist() == [[3, 1.5]]


def without(monkeypatch, *missing):
    real = builtins.__import__

    def guarded(name, *args, **kwargs):
        if name.split(".")[0] in missing:
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", guarded)


def test_what_is_not_installed_is_named_with_its_remedy(monkeypatch):
    report = REPORTS["draws"]
    without(monkeypatch, "pandas", "matplotlib")
    with pytest.raises(MissingExtraError, match=r"pip install 'fluxttice_core\[frame\]'"):
        report.to_frame()
    with pytest.raises(MissingExtraError, match=r"pip install 'fluxttice_core\[report\]'"):
        report.plot()
    assert "coverage" in report.to_table("latex")
    assert "coverage" in repr(report)


def of(value, interval=None, unit="ids", **more):
    return Estimate(value, interval, unit=unit, method="m", **more)


@pytest.mark.parametrize(
    ("estimate", "value", "interval"),
    [
        (of(434, (417.88, 450.11)), "434", "417 to 451"),
        (of(0.859, (0.8195, 0.8966), "mass"), "0.859", "0.819 to 0.897"),
        (of(0.9999999, None, "share"), "99.99999 %", ""),
        (of(0.99996, (0.98, 1.0), "ratio"), "0.99996", "0.980 to 1.000"),
        (of(1.0, (0.98, 1.0), "ratio"), "1.000", "0.980 to 1.000"),
        (of(3e-7, (0.0, 0.25), "mass"), "0.0000003", "0.00 to 0.25"),
        (of(2.5e-13, (1e-13, 4.001e-13), "mass"), "2.50e-13", "1.00e-13 to 4.01e-13"),
        (of(0.9, (1e-5, 0.99996), "mass"), "0.90", "0.00001 to 0.99996"),
        (of(0.9, (1e-5, 0.99996), "share"), "90 %", "0.001 % to 99.996 %"),
        (of(-9.7, (-13.01, -6.59)), "-9.7", "-13.1 to -6.5"),
        (of(1e300, (1e299, 3e300)), None, None),
        (of(8.0, (5.0, None)), "8.0", "at least 5.0"),
        (of(8.0, (None, 9.0)), "8.0", "at most 9.0"),
        (of(math.inf, None, "nats"), "infinite", ""),
        (of(0.0, (0.0, 0.0), "mass"), "0.00", "0.00 to 0.00"),
        (of(0.029132, (0.029132, 0.029132)), "0.02913", "0.02913 to 0.02914"),
        (of(None, reason="too few draws"), "-", "none: too few draws"),
    ],
)
def test_digits_go_as_far_as_the_interval_and_never_past_it(estimate, value, interval):
    written, sure = value_words(estimate), interval_words(estimate)
    if value is not None:
        assert (written, sure) == (value, interval)
    if " to " in sure and not sure.endswith("%"):
        low, high = (float(end.replace(",", "")) for end in sure.split(" to "))
        assert low <= estimate.interval[0]
        assert high >= estimate.interval[1]
        assert low <= float(written.replace(",", "")) <= high


def test_a_limit_has_the_digits_of_its_value_and_is_not_all_where_it_is_less():
    assert limit_words(of(0.9, (0.88, 0.93), "ratio"), 1.0) == "1.000"
    assert limit_words(of(1.0, None, "share"), 0.99999999) == "99.999999 %"
    assert limit_words(of(1.0, None, "share"), None) == ""


@pytest.mark.parametrize("name", ["codebook", "v5_5"])
def test_a_checkpoint_is_a_handful_of_lines(name):
    checkpoint = load(name)
    text = repr(checkpoint)
    assert len(text.splitlines()) <= 8
    assert len(text) < 1000
    for said in (name, str(checkpoint.epoch), checkpoint.file_sha256[:16], "config_hash"):
        assert said in text
    root = ElementTree.fromstring(checkpoint._repr_html_())
    assert [row[0].text for row in root.iter("tr")][1] == "epoch"


def test_a_hostile_checkpoint_is_shown_as_text():
    checkpoint = load()
    keys = {f"<b>{place}\n": 0 for place in range(1000)}
    hostile = type(checkpoint)(checkpoint.weights, keys, "<i>\x1b[2J", None)
    assert len(repr(hostile)) < 2000
    assert len(repr(hostile).splitlines()) <= 8
    assert all(line.isprintable() for line in repr(hostile).splitlines())
    root = ElementTree.fromstring(hostile._repr_html_())
    assert root.find(".//b") is None
    assert root.find(".//i") is None


@pytest.mark.parametrize("query", ["consensus", 7, "rm3_implies", 19682])
def test_a_gate_is_its_truth_table(query):
    found = gate(query)
    signs = {-1: "-", 0: "0", 1: "+"}
    rows = [
        [signs[a], *(signs[trit] for trit in row)]
        for a, row in zip(signs, found.table, strict=True)
    ]
    lines = repr(found).splitlines()
    assert str(found.index) in lines[0]
    assert [line.split() for line in lines[2:]] == rows
    root = ElementTree.fromstring(found._repr_html_())
    cells = [[cell.text for cell in row] for row in root.iter("tr")]
    assert cells == [["a \\ b", "-", "0", "+"], *rows]
