"""From what stands on the command line of `seqgen train` to a session."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.options import OPTION_OF_FIELD, parse_settings, tokenizer_config
from seqgen.cli.shared.render import count, note
from seqgen.config import (
    DEFAULT_MINUTES,
    MODEL_CONFIGS,
    TOKENIZER_CONFIGS,
    Budget,
    CorpusConfig,
    TrainingConfig,
    fields_of,
)
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.training import Session, TrainingRequest

_WITH_RESUME = {"resume", "corpus", "steps", "epochs", "minutes", "device"}


def _budget(given: dict[str, Any]) -> Budget:
    return Budget(**{name: given[name] for name in fields_of(Budget) if name in given})


def resume_session(given: dict[str, Any]) -> Session:
    """The session that goes on with a run."""
    others = sorted(set(given) - _WITH_RESUME)
    if others:
        names = ", ".join("TEXT" if name == "texts" else f"--{name.strip('_').replace('_', '-')}" for name in others)
        raise ConfigError(f"--resume takes a budget and --device only, not {names}: the rest is in the run")
    from seqgen.training import Session

    budget = _budget(given)
    session = Session.resume(
        Path(given["resume"]),
        budget=budget if budget.is_set else None,
        device=given.get("device"),
        corpus_paths=tuple(given.get("corpus", ())),
    )
    note(f"going on with {session.folder} after step {session.step}; the budget counts from the beginning of the run")
    return session


def start_session(given: dict[str, Any]) -> Session:
    """The session of a new run, its text read and its model built."""
    if sys.stderr.isatty():
        note("reading the text")
    from seqgen.training import Session

    request = training_request(given)
    session = Session.start(request)
    parts = session.record.corpus.parts
    sizes = {
        name: f"{count(part.n_characters)} characters" for name, part in parts.items() if part.n_characters is not None
    }
    note(
        f"training on {sizes['train']} ({count(parts['train'].n_tokens or 0)} tokens of "
        f"{count(session.tokenizer.vocab_size)} kinds), validating on {sizes.get('valid', 'nothing')}; "
        f"read in {session.read_s:.1f} s"
    )
    if not request.budget.is_set:
        note(f"no budget given: training for {DEFAULT_MINUTES:g} minutes (--minutes, --steps, --epochs)")
    for line in session.record.notes:
        note(line)
    cell, device = session.record.model.cell, session.device
    note(f"{cell} with {count(session.n_parameters)} parameters on {device}, in {session.folder}")
    return session


def training_request(given: dict[str, Any]) -> TrainingRequest:
    """What the options ask for, as the library has it."""
    if "corpus" in given:
        raise ConfigError("--corpus goes with --resume; the text of a new run is given as it is: seqgen train TEXT")
    if "valid" in given and "valid_fraction" in given:
        raise ConfigError("give --valid or --valid-fraction, not both")
    if "test" in given and "test_fraction" in given:
        raise ConfigError("give --test or --test-fraction, not both")
    if "texts" not in given:
        raise ConfigError("give a text to train on: a file, a folder, or - for standard input")
    from seqgen.run import open_model
    from seqgen.training import TrainingRequest

    cell = given.get("cell")
    options = {field: option.replace("-", "_") for field, option in OPTION_OF_FIELD.items()}
    flags = {field: given[option] for field, option in options.items() if option in given}
    models = [MODEL_CONFIGS[cell]] if cell else list(MODEL_CONFIGS.values())
    classes = [*models, TrainingConfig, *TOKENIZER_CONFIGS.values()]
    settings = {**flags, **parse_settings(given.get("set_", ()), classes)}
    of_tokenizer = {"word_split", *(name for config in TOKENIZER_CONFIGS.values() for name in fields_of(config))}
    tokenizer = {name: value for name, value in settings.items() if name in of_tokenizer}
    if "from_" in given and (tokenizer or "tokenizer" in given):
        raise ConfigError("--from brings its own tokenizer: leave out --tokenizer and its fields")
    return TrainingRequest(
        corpus=_corpus(given),
        cell=cell,
        tokenizer=tokenizer_config(given.get("tokenizer", "char"), tokenizer),
        settings={name: value for name, value in settings.items() if name not in of_tokenizer},
        budget=_budget(given),
        device=given.get("device", "auto"),
        folder=Path(given["out"]) if "out" in given else None,
        parent=open_model(given["from_"]) if "from_" in given else None,
    )


def _corpus(given: dict[str, Any]) -> CorpusConfig:
    names = ("encoding", "documents", "valid_fraction", "test_fraction")
    own = {name: given[name] for name in names if name in given}
    valid, test = tuple(given.get("valid", ())), tuple(given.get("test", ()))
    return CorpusConfig(paths=tuple(given["texts"]), valid_paths=valid, test_paths=test, **own)
