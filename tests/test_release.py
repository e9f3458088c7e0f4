"""What is shipped: the figures in the pages, the shipped history, the wheel."""

import itertools
import json
import shutil
import subprocess
import sys
import zipfile

import jsonschema
import pytest

from fluxttice_core import load, verify
from fluxttice_core.artifacts.checkpoint import read_checkpoint
from fluxttice_core.artifacts.history import read_metrics
from tests.conftest import ROOT, SHIPPED


def test_every_figure_in_the_pages_is_as_recorded():
    done = subprocess.run(
        [sys.executable, "scripts/release/write_figures.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_records_measured_the_shipped_checkpoint():
    record = json.loads((ROOT / "benchmarks/coverage_vs_entropy.json").read_text())
    shipped = read_checkpoint(SHIPPED)
    assert record["metadata"]["checkpoint_hash"] == shipped.file_sha256
    assert record["metadata"]["weights_hash"] == shipped.weights_sha256


@pytest.fixture(scope="module")
def metrics():
    """The shipped history, to which v5.5's training validation is applied."""
    return read_metrics(SHIPPED.parent / "metrics.jsonl")


def test_history_is_whole(metrics):
    assert [record["epoch"] for record in metrics] == list(range(107))


def test_beta_is_smooth(metrics):
    for name in ("beta_a", "beta_b"):
        values = [record[name] for record in metrics]
        steps = [after - before for before, after in itertools.pairwise(values)]
        assert max(map(abs, steps)) <= 0.011


def test_ten_dimensions_are_active(metrics):
    assert min(metrics[-1]["num_active_A"], metrics[-1]["num_active_B"]) >= 10


def test_coverage_has_settled(metrics):
    for name in ("coverage_A", "coverage_B"):
        last = [record[name] for record in metrics[-10:]]
        assert max(last) - min(last) < 0.02 * 19683


def test_the_file_tells_where_it_stands(metrics):
    scores = [record["selection_score"] for record in metrics]
    best = read_checkpoint(SHIPPED).metadata["best"]["score"]
    assert best["value"] == max(scores)
    assert best["epoch"] == scores.index(max(scores))


def test_wheel_holds_the_package_and_nothing_else(tmp_path):
    # From a copy: setuptools leaves its build folder beside the sources.
    source = tmp_path / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"fluxttice_core", f"{wheel.name.split('-py3')[0]}.dist-info"}
    assert "fluxttice_core/weights/v5_5.safetensors" in names
    assert "fluxttice_core/py.typed" in names
    assert "fluxttice_core/schemas/coverage-certificate-v1.schema.json" in names


SCHEMA = ROOT / "src/fluxttice_core/schemas/coverage-vs-entropy-v3.schema.json"


def faults_against_schema(record):
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    return [error.message for error in validator.iter_errors(record)]


def test_the_published_benchmark_fits_its_schema():
    record = json.loads((ROOT / "benchmarks/coverage_vs_entropy.json").read_text())
    assert faults_against_schema(record) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["metadata"].update(checkpoint_hash="sha256:" + "0" * 64),
        lambda record: record["results"]["report"]["controls"].pop("untrained"),
        lambda record: record["results"]["report"]["pathways"]["A"]["sampled"]["50000"].pop(
            "limit"
        ),
        lambda record: record["results"]["coverage"].update(vae_a_mean_unique="many"),
        lambda record: record.update(schema="other/v1"),
    ],
)
def test_a_record_without_its_limits_does_not_fit(change):
    record = json.loads((ROOT / "benchmarks/coverage_vs_entropy.json").read_text())
    change(record)
    assert faults_against_schema(record) != []


@pytest.mark.parametrize("name", ["v5_5", "codebook"])
def test_each_shipped_checkpoint_has_a_certificate_that_holds(name):
    folder = ROOT / "certificates" / name
    outcome = verify(folder, key=ROOT / "certificates/fluxttice.pub", level=2)
    assert outcome.holds
    certified = read_checkpoint(folder / "weights.safetensors")
    shipped = read_checkpoint(SHIPPED.parents[1] / name / "latest.pt")
    assert certified.weights_sha256 == shipped.weights_sha256 == load(name).weights_sha256
