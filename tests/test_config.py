"""The training configuration: what is read, what is refused, and what the hash sees."""

import copy
import hashlib
import json
import random

import pytest
import yaml

from fluxttice_core.config import (
    SWITCHED_KEYS,
    Config,
    load_config,
    parse_config,
)
from fluxttice_core.errors import ConfigError
from tests.support import (
    CODEBOOK_CONFIG,
    CODEBOOK_TERMS,
    CONFIG_TEXT,
    EVERYTHING_ON,
    SHIPPED_CONFIG,
    base_mapping,
    leaves,
    with_keys,
)


def refusal(mapping):
    with pytest.raises(ConfigError) as caught:
        parse_config(mapping, source="mine.yaml")
    return str(caught.value)


def refusal_of_text(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    message = str(caught.value)
    assert str(path) in message
    return message


def base_text(old="", new=""):
    assert old in CONFIG_TEXT
    return CONFIG_TEXT.replace(old, new, 1)


class TestShipped:
    @pytest.mark.parametrize("path", [SHIPPED_CONFIG, CODEBOOK_CONFIG], ids=lambda path: path.stem)
    def test_loads_with_the_values_of_the_file(self, path):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = leaves(load_config(path).as_dict())
        for key, value in leaves(raw).items():
            # SafeLoader (YAML 1.1) leaves some exponents as text; float() reads both.
            expected = (
                float(value)
                if isinstance(value, str) and key.split(".")[-1] not in ("type", "checkpoint_dir")
                else value
            )
            assert found.pop(key) == expected, key
        assert not found, f"not in the file: {sorted(found)}"

    def test_keeps_what_the_specification_fixes(self):
        config = load_config(SHIPPED_CONFIG)
        assert (config.ternary_dataset.seed, config.total_epochs) == (42, 400)
        assert config.model.latent_dim == 16
        assert (config.model.rho_min, config.model.rho_max) == (0.1, 0.7)
        assert (config.train_split, config.val_split, config.test_split) == (0.8, 0.1, 0.1)
        phases = config.phase_transitions
        assert (
            phases.entropy_expansion_end,
            phases.consolidation_end,
            phases.resonant_coupling_end,
            phases.ultra_exploration_start,
        ) == (40, 120, 250, 250)
        assert config.stop_from_epoch >= phases.ultra_exploration_start
        assert config.checkpoint_dir == "sandbox-training/checkpoints/v5_5"

    def test_the_codebook_is_the_same_network_on_the_same_split(self):
        ours, original = load_config(CODEBOOK_CONFIG), load_config(SHIPPED_CONFIG)
        assert ours.model.latent_dim == original.model.latent_dim
        for key in ("ternary_dataset", "train_split", "val_split", "test_split"):
            assert getattr(ours, key) == getattr(original, key)
        assert original.codebook_terms is None
        assert "codebook_terms" not in original.as_dict(), "older files keep their hash"
        assert ours.prior_terms is None

    def test_every_mechanism_on_is_accepted(self):
        config = parse_config(with_keys(base_mapping(), EVERYTHING_ON))
        assert config.model.use_statenet is True
        assert config.controller.dH_dt_threshold == 0.05

    def test_is_frozen(self):
        config = load_config(SHIPPED_CONFIG)
        with pytest.raises(ValueError, match="frozen"):
            config.model.rho_min = 0.2


class TestFaults:
    def test_every_fault_is_reported_at_once(self):
        mapping = with_keys(
            base_mapping(),
            {
                "seed": -1,
                "model.rho_min": 0.8,
                "optimizer.type": "sgd",
                "optimizer.lr_start": float("nan"),
                "vae_a.temp_end": ...,
                "vae_b.beta_ends": 0.5,
                "test_split": 0.2,
                "controller.entropy_ema_alpha": 0.9,
                "model.use_statenet": True,
            },
        )
        mapping["optimizer"]["lr_schedule"][2]["lr"] = 0
        message = refusal(mapping)
        first, *faults = (line.strip() for line in message.splitlines())
        assert first == "mine.yaml: 12 faults"
        assert sorted(fault.split(": ")[0] for fault in faults) == [
            "controller.entropy_ema_alpha",
            "model.rho_min",
            "model.statenet_lambda_scale",
            "model.statenet_lr_scale",
            "optimizer.lr_schedule.2.lr",
            "optimizer.lr_start",
            "optimizer.type",
            "phase_transitions.statenet_warm_start",
            "seed",
            "train_split + val_split + test_split",
            "vae_a.temp_end",
            "vae_b.beta_ends",
        ]

    @pytest.mark.parametrize(
        ("path", "value", "hint"),
        [
            ("totl_epochs", 3, "total_epochs"),
            ("vae_b.entropy_wieght", 0.1, "entropy_weight"),
            ("model.lambda_base", 0.1, "lambda3_base"),
            ("prior_terms.colision_weight", 1.0, "collision_weight"),
        ],
    )
    def test_unknown_key_with_a_suggestion(self, path, value, hint):
        message = refusal(with_keys(base_mapping(), {path: value}))
        assert f"{path}: unknown key; did you mean {hint}?" in message
        assert message.startswith("mine.yaml: 1 fault\n")

    def test_a_typo_in_any_section_has_a_suggestion(self):
        """Each key of the schema, misspelt beside itself where it stands, ramps and lists too."""
        terms = {"prior_terms": ..., "codebook_terms": CODEBOOK_TERMS}
        for terms_of_kind in ({}, terms):
            mapping = with_keys(base_mapping(), terms_of_kind)
            for path in leaves(mapping):
                *sections, key = path.split(".")
                wrong = copy.deepcopy(mapping)
                place = wrong
                for section in sections:
                    place = place[int(section)] if isinstance(place, list) else place[section]
                place[f"{key}x"] = place[key]
                assert f"{path}x: unknown key; did you mean {key}?" in refusal(wrong)

    def test_unknown_key_without_a_neighbour(self):
        message = refusal(with_keys(base_mapping(), {"zzz": 1}))
        assert message.endswith("zzz: unknown key")

    @pytest.mark.parametrize(
        "path", ["num_workers", "target_coverage", "model.input_dim", "ternary_dataset.exhaustive"]
    )
    def test_dropped_keys_of_the_original_are_unknown(self, path):
        assert f"{path}: unknown key" in refusal(with_keys(base_mapping(), {path: 9}))

    @pytest.mark.parametrize("path", sorted(leaves(base_mapping())))
    def test_every_missing_key_is_named(self, path):
        parts = path.split(".")
        mapping = base_mapping()
        place = mapping
        for part in parts[:-1]:
            place = place[int(part)] if isinstance(place, list) else place[part]
        del place[parts[-1]]
        assert f"{path}: missing" in refusal(mapping)

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("seed", True),
            ("seed", 42.0),
            ("seed", "42"),
            ("seed", None),
            ("seed", 2**63),
            ("ternary_dataset.seed", 2**32),
            ("batch_size", 1),
            ("batch_size", 19684),
            ("total_epochs", 0),
            ("model.rho_min", "0.1"),
            ("model.rho_min", True),
            ("model.rho_max", 1.01),
            ("model.gradient_balance", 1),
            ("model.gradient_balance", "no"),
            ("model.use_statenet", "false"),
            ("model.latent_dim", 0),
            ("free_bits", float("nan")),
            ("free_bits", float("inf")),
            ("free_bits", -0.5),
            ("grad_clip", 0.0),
            ("optimizer.lr_start", float("-inf")),
            ("optimizer.weight_decay", -1e-9),
            ("optimizer.lr_schedule", "none"),
            ("vae_a.temp_start", 0.0),
            ("vae_a.temp_cyclic", "no"),
            ("controller.beta_phase_lag", 6.3),
            ("prior_terms.num_latents", 1),
            ("eval_num_samples", 10_000_001),
            ("checkpoint_dir", ""),
            ("checkpoint_dir", 5),
            ("model", 3),
            ("prior_terms", [1, 2]),
        ],
    )
    def test_a_wrong_value_is_named_and_shown(self, path, value):
        message = refusal(with_keys(base_mapping(), {path: value}))
        fault = next(line for line in message.splitlines() if line.strip().startswith(f"{path}: "))
        shown = repr(tuple(value)) if isinstance(value, list) else repr(value)
        assert fault.endswith(f"got {shown}"), message

    def test_a_huge_number_is_a_fault_and_not_a_crash(self):
        message = refusal(with_keys(base_mapping(), {"model.rho_min": 10**400}))
        assert "model.rho_min:" in message
        assert len(message) < 400

    @pytest.mark.parametrize("value", [None, [], "text", 3, [{"seed": 1}]])
    def test_anything_but_a_mapping(self, value):
        assert refusal(value) == (
            f"mine.yaml: expected a mapping of keys, got {type(value).__name__}"
        )


class TestCrossFaults:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            (
                {"model.rho_min": 0.71},
                "model.rho_min: 0.71 must be at most model.rho_max, which is 0.7",
            ),
            (
                {"phase_transitions.entropy_expansion_end": 120},
                "phase_transitions.entropy_expansion_end: 120 must be below "
                "phase_transitions.consolidation_end, which is 120",
            ),
            (
                {"phase_transitions.consolidation_end": 251},
                "phase_transitions.consolidation_end: 251 must be at most",
            ),
            (
                {"phase_transitions.resonant_coupling_end": 251},
                "phase_transitions.resonant_coupling_end: 251 must be at most",
            ),
            ({"train_split": 0.7}, "train_split + val_split + test_split: add up to 0.9"),
            (
                {"train_split": 0.5, "val_split": 0.0, "test_split": 0.5},
                "val_split: 0 leaves no operation in that part",
            ),
            (
                {"train_split": 1e-5, "val_split": 0.9, "test_split": 0.09999},
                "train_split: 1e-05 leaves no operation in that part",
            ),
            (
                {"train_split": 2 / 3, "val_split": 1 / 3, "test_split": 0.0},
                "test_split: 0 leaves no operation in that part",
            ),
            (
                {"optimizer.lr_schedule": [{"epoch": 9, "lr": 1e-3}, {"epoch": 9, "lr": 1e-4}]},
                "optimizer.lr_schedule: epochs must increase",
            ),
            (
                {"codebook_terms": CODEBOOK_TERMS},
                "codebook_terms: takes the place of prior_terms; leave one of them out",
            ),
            (
                {"prior_terms": ..., "codebook_terms": {**CODEBOOK_TERMS, "influence_draws": 5}},
                "codebook_terms.influence_draws: 5 for each of 16 latent dimensions must be at "
                "most codebook_terms.num_latents, which is 64",
            ),
            (
                {
                    "prior_terms": ...,
                    "codebook_terms": {**CODEBOOK_TERMS, "temperature": {"start": 0.0, "end": 1.0}},
                },
                "codebook_terms.temperature.start: input should be greater than 0; got 0.0",
            ),
            (
                {
                    "prior_terms": ...,
                    "codebook_terms": {
                        **CODEBOOK_TERMS,
                        "distance_weight": {"start": 0.0, "end": 2.0},
                    },
                },
                "codebook_terms.distance_weight: goes from 0 to 2, and no factor leads from or to "
                "0; set both to 0 to switch the term off",
            ),
            (
                {"model.lambda3_amplitude": 0.1},
                "model.lambda3_amplitude: has no place while model.lambda3_base is 0",
            ),
        ],
    )
    def test_is_the_one_fault(self, changes, words):
        message = refusal(with_keys(base_mapping(), changes))
        assert words in message
        assert message.startswith("mine.yaml: 1 fault\n"), message

    def test_equality_is_allowed_where_it_means_something(self):
        parse_config(
            with_keys(
                base_mapping(),
                {
                    "model.rho_min": 0.7,
                    "phase_transitions.resonant_coupling_end": 120,
                    "phase_transitions.ultra_exploration_start": 120,
                    "optimizer.lr_schedule": [],
                    "prior_terms": ...,
                },
            )
        )

    @pytest.mark.parametrize("path", SWITCHED_KEYS)
    def test_key_of_a_switched_off_mechanism_is_refused(self, path):
        value = EVERYTHING_ON[path]
        message = refusal(with_keys(base_mapping(), {path: value}))
        assert f"{path}: has no effect while {SWITCHED_KEYS[path]} is off; remove it" in message
        assert message.startswith("mine.yaml: 1 fault\n")

    @pytest.mark.parametrize("path", SWITCHED_KEYS)
    def test_key_of_a_switched_on_mechanism_must_be_given(self, path):
        mapping = with_keys(base_mapping(), EVERYTHING_ON)
        message = refusal(with_keys(mapping, {path: ...}))
        assert f"{path}: missing, and {SWITCHED_KEYS[path]} is on" in message
        assert message.startswith("mine.yaml: 1 fault\n")


class TestText:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("1e-3", 1e-3),
            ("1.e-3", 1e-3),
            (".001", 1e-3),
            ("1E-3", 1e-3),
            ("+2", 2.0),
            ("0.0010", 1e-3),
            ("08", 8.0),
        ],
    )
    def test_numbers_read_as_numbers(self, tmp_path, text, value):
        path = tmp_path / "mine.yaml"
        path.write_text(base_text("lr_start: 1.0e-3", f"lr_start: {text}"))
        assert load_config(path).optimizer.lr_start == value

    @pytest.mark.parametrize("word", ["no", "off", "False", "n", "0"])
    def test_only_false_is_false(self, tmp_path, word):
        text = base_text("use_statenet: false", f"use_statenet: {word}")
        assert "model.use_statenet: " in refusal_of_text(tmp_path, text)

    @pytest.mark.parametrize("word", ["12:30", "0x10", "1_000", "2024-01-01", ".inf", "'42'", "~"])
    def test_what_is_no_whole_number(self, tmp_path, word):
        text = base_text("seed: 42", f"seed: {word}")
        assert "\n  seed: input should be" in refusal_of_text(tmp_path, text)

    def test_octal_is_not_guessed(self, tmp_path):
        # YAML 1.1 would read 010 as eight; here it is no whole number at all.
        assert "seed: " in refusal_of_text(tmp_path, base_text("seed: 42", "seed: 010"))

    def test_duplicate_key_names_its_line(self, tmp_path):
        text = base_text() + "\nseed: 44\n"
        line = text[: text.rindex("seed: 44")].count("\n") + 1
        assert f"line {line}: key 'seed' is given twice" in refusal_of_text(tmp_path, text)

    def test_duplicate_key_in_a_section_and_in_a_milestone(self, tmp_path):
        text = base_text("  rho_max: 0.7", "  rho_max: 0.7\n  rho_max: 0.7")
        assert "key 'rho_max' is given twice" in refusal_of_text(tmp_path, text)
        text = base_text("{epoch: 50, lr: 5.0e-4}", "{epoch: 50, lr: 5.0e-4, lr: 1.0e-4}")
        assert "key 'lr' is given twice" in refusal_of_text(tmp_path, text)

    def test_keys_must_be_text(self, tmp_path):
        assert "line 1: expected a text key, got 1" in refusal_of_text(tmp_path, "1: 2\n")
        assert "expected a text key" in refusal_of_text(tmp_path, "? [a, b]\n: 2\n")

    def test_merge_keys_are_not_a_way_around(self, tmp_path):
        assert "<<: unknown key" in refusal_of_text(tmp_path, "<<: {seed: 1}\nseed: 2\n")

    @pytest.mark.parametrize(
        "value",
        [
            "!!python/object/apply:os.system ['echo run > {marker}']",
            "!!python/object:os.system {{}}",
            "!!python/name:os.system ''",
            "!!timestamp foo",
            "!!bool maybe",
            "!!int ''",
            "!!float ''",
            "!!binary x",
            "!!map x",
            "&a [*a]",
            "[" * 300 + "]" * 300,
            "1" * 5000,
            "{{a: b",
            "'open",
            "\t- x",
            "@x",
        ],
    )
    def test_what_is_no_plain_yaml(self, tmp_path, value):
        marker = tmp_path / "marker"
        value = value.format(marker=marker)
        message = refusal_of_text(tmp_path, base_text("seed: 42", f"seed: {value}"))
        assert len(message) < 600
        assert not marker.exists()

    def test_an_alias_bomb_is_refused_at_once(self, tmp_path):
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 10)]
        message = refusal_of_text(tmp_path, "\n".join(lines))
        assert "line 2: aliases are not read" in message

    def test_two_documents(self, tmp_path):
        text = base_text() + "\n---\nseed: 1\n"
        assert "not valid YAML at line" in refusal_of_text(tmp_path, text)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "expected a mapping of keys, got NoneType"),
            (b"# nothing\n", "expected a mapping of keys, got NoneType"),
            (b"\x80\x81\xff\x00" * 50, "cannot be read: not UTF-8 text"),
            (b"PK\x03\x04\x00\x00\x00\x08", "not valid YAML"),
            (b"seed: 1\x00\n", "not valid YAML"),
            (b"- 1\n- 2\n", "expected a mapping of keys, got list"),
        ],
    )
    def test_empty_binary_and_foreign_files(self, tmp_path, data, words):
        assert words in refusal_of_text(tmp_path, data)

    def test_a_missing_file_and_a_folder(self, tmp_path):
        for path in (tmp_path / "none.yaml", tmp_path, SHIPPED_CONFIG / "below"):
            with pytest.raises(
                ConfigError, match=r"cannot be read: .*; give a YAML file"
            ) as caught:
                load_config(path)
            assert str(caught.value).startswith(str(path))


class TestHash:
    def test_is_the_hash_of_sorted_compact_json(self):
        config = parse_config(base_mapping())
        text = json.dumps(config.as_dict(), sort_keys=True, separators=(",", ":"))
        assert config.canonical_hash() == hashlib.sha256(text.encode()).hexdigest()

    def test_is_blind_to_writing(self, tmp_path):
        expected = parse_config(base_mapping()).canonical_hash()
        text = base_text()

        def shuffled(mapping):
            keys = list(mapping)
            random.Random(1).shuffle(keys)
            return {
                key: shuffled(mapping[key]) if isinstance(mapping[key], dict) else mapping[key]
                for key in keys
            }

        parsed = parse_config(base_mapping()).as_dict()
        variants = {
            "carriage returns": text.replace("\n", "\r\n").encode(),
            "comments": ("# a remark\n" + text.replace("seed: 42", "seed: 42  # x", 1)).encode(),
            "byte-order mark": b"\xef\xbb\xbf" + text.encode(),
            "no final newline": text.rstrip("\n").encode(),
            "order": yaml.safe_dump(shuffled(parsed), sort_keys=False).encode(),
            "flow style": json.dumps(parsed).encode(),
            "spelling of numbers": text.replace("free_bits: 0.0", "free_bits: 0", 1)
            .replace("1.0e-3", "0.001")
            .encode(),
        }
        for name, data in variants.items():
            path = tmp_path / "variant.yaml"
            path.write_bytes(data)
            assert load_config(path).canonical_hash() == expected, name

    def test_sees_the_order_of_a_list_and_every_leaf(self):
        """Each leaf changed to a neighbouring value that is valid by itself."""
        mapping = with_keys(base_mapping(), {**EVERYTHING_ON, "free_bits": 0.25})
        base = parse_config(mapping)
        seen = {base.canonical_hash()}
        for path, value in leaves(base.as_dict()).items():
            changed = base.as_dict()
            *sections, key = path.split(".")
            place = changed
            for part in sections:
                place = place[int(part)] if isinstance(place, list) else place[part]
            if isinstance(value, bool):
                place[key] = not value
            elif isinstance(value, int):
                place[key] = value + 1
            elif isinstance(value, float):
                place[key] = value * (1 - 2**-50) if value else 2.0**-1000
            else:
                place[key] = "adam" if path == "optimizer.type" else f"{value}/x"
            # Cross-checks are another test's matter: the record itself is what is hashed.
            digest = Config.model_validate_json(json.dumps(changed)).canonical_hash()
            assert digest not in seen, path
            seen.add(digest)
        assert len(seen) > 60

    def test_survives_the_way_through_a_checkpoint(self):
        config = parse_config(with_keys(base_mapping(), EVERYTHING_ON))
        again = parse_config(json.loads(json.dumps(config.as_dict())))
        assert again == config
        assert again.canonical_hash() == config.canonical_hash()


@pytest.mark.parametrize("text", ["9" * 400, "1e308", "-1e308", "1e400", "9" * 5000])
@pytest.mark.parametrize(
    "key",
    [
        *("seed", "total_epochs", "free_bits", "train_split", "model.latent_dim"),
        *("vae_a.beta_warmup_epochs", "controller.temp_lag", "optimizer.lr_start"),
        *("prior_terms.num_latents", "phase_transitions.ultra_exploration_start"),
    ],
)
def test_numbers_that_no_training_can_count_with(tmp_path, key, text):
    """Each was a traceback somewhere on the way: in the split, the schedules or the loss."""
    mapping = with_keys(base_mapping(), {key: "@"})
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump(mapping).replace("'@'", text))
    with pytest.raises(ConfigError, match=rf"{key}: |not valid YAML") as caught:
        load_config(path)
    assert all(len(line) < 300 for line in str(caught.value).splitlines())
