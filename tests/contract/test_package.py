"""What the package promises as a whole."""

import ast
import json
import subprocess
import sys
from importlib import resources

from tests.support import ROOT

SOURCE = ROOT / "src/fluxttice_core"


def calls_of(path, name):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name
    ]


def test_only_the_command_line_writes_to_the_terminal():
    for path in SOURCE.rglob("*.py"):
        assert calls_of(path, "print") == [], path
        for stream in ("sys.stdout.write", "sys.stderr.write"):
            assert calls_of(path, stream) == [], path
        if calls_of(path, "click.echo"):
            assert path.parent.name == "cli"
            assert path.name in ("console.py", "main.py", "progress.py")


def test_the_probe_for_print_can_fail(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    print('x')\n")
    assert calls_of(tmp_path / "a.py", "print") == [2]


def test_the_package_says_that_it_is_typed():
    assert resources.files("fluxttice_core").joinpath("py.typed").is_file()


def test_nothing_global_is_seeded_or_drawn_from():
    for path in SOURCE.rglob("*.py"):
        for call in ("np.random.seed", "random.seed", "np.random.rand", "np.random.normal"):
            assert calls_of(path, call) == [], path
        if path.name != "rng.py":
            assert calls_of(path, "torch.manual_seed") == [], path


def test_no_checkpoint_is_read_with_code_allowed():
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "weights_only=False" not in text
        assert "allow_pickle=True" not in text
        for line in calls_of(path, "torch.load"):
            assert "weights_only=True" in "".join(text.splitlines()[line - 1 : line + 3])


def test_help_answers_without_heavy_imports():
    program = (
        "import sys, json\n"
        "from fluxttice_core.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit as stop:\n    code = stop.code\n"
        "names = ['torch', 'matplotlib', 'pydantic', 'tqdm', 'yaml', 'safetensors', 'pandas']\n"
        "print(json.dumps([code, [n for n in names if n in sys.modules]]), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert json.loads(done.stderr) == [0, []]
    assert "Usage: fluxttice" in done.stdout
