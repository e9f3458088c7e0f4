"""The page of a report on draws: what must be said first stands first, and labels are no markup."""

import html.parser

import numpy as np

from fluxttice_core import citation, measure
from fluxttice_core.show.draws_text import draws_text
from fluxttice_core.show.incidence_text import incidence_text
from fluxttice_core.show.measured_page import measured_page
from fluxttice_core.show.target_text import distribution_text, target_text

COMMAND = "fluxttice coverage draws.npy --out page"


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.words = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)

    def handle_data(self, data):
        self.words.append(data)


def page_of(report, words, read=""):
    page = measured_page(report, read + words, read, COMMAND).decode()
    tags = Tags()
    tags.feed(page)
    return page, tags


def test_draws_of_a_known_space():
    report = measure.draws(np.random.default_rng(0).integers(0, 50, 400), space=50)
    page, tags = page_of(report, draws_text(report), "read draws.npy: 400 numbers\n\n")
    assert tags.seen.count("svg") == 2
    text = "".join(tags.words)
    for words in (
        "read draws.npy: 400 numbers",
        "and up to 800 would; 400 met 50. Fair dice are the limit.",
        "limit: fair dice",
        "fair dice, on average: 8.0",
        COMMAND,
        citation(),
    ):
        assert words in text
    assert "<script" not in page
    # Nothing is loaded from elsewhere: the only addresses are names of XML.
    assert "http" not in page.replace("http://www.w3.org/", "")


def test_the_closing_words_stand_above_the_figures():
    report = measure.draws(np.random.default_rng(0).integers(0, 50, 400), space=50)
    page, _ = page_of(report, draws_text(report))
    assert page.index("Nothing speaks against independent draws.") < page.index("<table")


def test_dependent_draws_are_told_first():
    report = measure.draws(np.repeat(np.arange(500), 8), space=500)
    page, tags = page_of(report, draws_text(report))
    assert page.index("Not independent draws") < page.index("<table")
    assert tags.seen.count("svg") == 1, "ranks alone: there is no curve"


def test_labels_are_no_markup():
    report = measure.draws(["<script>alert(1)</script>"] * 3 + ["b"], name="<b>&")
    page, tags = page_of(report, draws_text(report))
    assert "<b>" not in page
    assert "script" not in tags.seen


def test_a_target_is_drawn_beside_its_floors():
    masses = np.full(20, 0.05)
    report = measure.against_target(np.random.default_rng(1).integers(0, 20, 300), masses)
    page, tags = page_of(report, target_text(report))
    assert tags.seen.count("svg") == 1
    assert "The figures with their intervals, and their limits." in page


def test_what_cannot_be_drawn_is_left_out():
    """Dependent draws have no place among perfect samplers; the figures stand all the same."""
    masses = np.full(20, 0.05)
    draws = np.sort(np.random.default_rng(0).integers(0, 20, 600))
    report = measure.against_target(draws, masses)
    page, tags = page_of(report, target_text(report))
    assert "svg" not in tags.seen
    assert "Figures" not in page
    assert page.index("Not independent draws") < page.index("<table")


def test_masses_without_any_n():
    report = measure.distribution([0.5, 0.25, 0.25])
    page, tags = page_of(report, distribution_text(report))
    assert "svg" not in tags.seen
    assert "<table" in page


def test_presence_by_unit():
    report = measure.incidence(np.eye(4, dtype=int)[[0, 1, 1, 2, 2, 2]])
    _, tags = page_of(report, incidence_text(report))
    assert tags.seen.count("svg") == 1
