"""Makes a base: cleans the books, and turns a trained run into the file that comes with seqgen.

    python benchmarks/make_base.py clean BOOKS english
    python benchmarks/make_base.py clean BOOKS/heldout heldout
    seqgen train english --valid heldout --documents file --tokenizer byte --cell lstm --width 800 --streams 256 \
        --window 128 --lr 0.036 --dropout 0.1 --set weight_decay=0.03 --precision bfloat16 --device cuda --minutes 9.1
    python benchmarks/make_base.py round RUN seqgen/bases/english.md
    python benchmarks/make_base.py temper english heldout seqgen/bases/english.md

BOOKS is a folder of the books as plain text, one file each; files in folders within it are not read. `clean` always
makes the same bytes of the same files. `round` writes the model file beside the card, which lists the titles. `temper`
measures at which temperature the model writes best, and stores that in the file; the weights keep their bytes.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from seqgen.evaluation import HumanText, QualityReport
from seqgen.evaluation.learned_temperature import TEMPERATURES
from seqgen.evaluation.sample_quality import measure_temperatures
from seqgen.run import MODEL_FILE, RunRecord, amend_model, open_model, save_model

_MOST_CHARACTERS = 4_000_000
"""Of the training text that tells which words are real; of the held-out text, a tenth of them."""
_N_SAMPLES, _SAMPLE_LENGTH = 32, 400

_NARROW = {"great-big-treasury-of-beatrix-potter.txt"}
"""Books set in narrow columns: their prose is joined to one line per paragraph, like that of the other books."""
_CAPTIONED = {"the-story-of-doctor-dolittle.txt"}
"""Books that kept captions of pictures: a paragraph that is one quotation without a full stop. Some stand in the middle
of a sentence, because a page ended there. Then the next paragraph begins with an invisible character."""
_CAPTIONS = (
    (re.compile('[ \u200b]*\n\n"[A-Z][^"\n]*[a-z]"\n\n\u200b(?=[a-z])'), " "),
    (re.compile('^"[A-Z][^"\n]*[a-z]"\n\n', re.MULTILINE), ""),
)
_RULES = (
    ("invisible characters", re.compile("[\u200b\u2060\ufeff]"), ""),
    ("carriage returns", re.compile("\r\n?"), "\n"),
    ("footnotes", re.compile(r"^\[\*.*\]\n+", re.MULTILINE), ""),
    ("marks of footnotes", re.compile(r"\[\*\]"), ""),
    ("notes of transcribers", re.compile(r" ?\{(?:sic|another ed)[^}]*\}"), ""),
    ("signs of headings", re.compile(r"^#+ ", re.MULTILINE), ""),
    ("lines of asterisks", re.compile(r"^[* ]*\*[* ]*\n+", re.MULTILINE), ""),
    ("asterisks and underscores of emphasis", re.compile(r"[*_]"), ""),
    ("escaped signs of HTML", re.compile(r"&lt;|/>|&gt;"), ""),
    ("wrongly decoded letters", re.compile("[\u00c3][\u00a9\u00a6]"), lambda m: m[0].encode("latin-1").decode()),
    ("backticks that open a quotation", re.compile("`"), "'"),
    ("spaces at line ends", re.compile(" +$", re.MULTILINE), ""),
    ("spaces after spaces", re.compile("(?<= ) +"), ""),
    ("blank lines after blank lines", re.compile(r"(?<=\n\n)\n+"), ""),
)
"""Each rule: what it finds, the pattern, and what takes its place. They apply in this order."""


def unwrap(text: str) -> tuple[str, int]:
    """Join the lines of every paragraph, except verse: there, all lines begin with a capital or a quotation mark."""
    paragraphs, n_joined = text.split("\n\n"), 0
    for number, paragraph in enumerate(paragraphs):
        lines = paragraph.split("\n")
        if len(lines) > 1 and any(line[:1].islower() for line in lines[1:]):
            n_joined += len(lines) - 1
            paragraphs[number] = re.sub(r"(?<=[a-z]-)\n", "", paragraph).replace("\n", " ")  # "stick-\nhouse"
    return "\n\n".join(paragraphs), n_joined


def clean(name: str, text: str) -> tuple[str, Counter[str]]:
    """The cleaned text of a file, and how often each rule applied."""
    found: Counter[str] = Counter()
    if name in _CAPTIONED:
        for caption, replacement in _CAPTIONS:
            text, n = caption.subn(replacement, text)
            found["captions of pictures"] += n
    for what, pattern, by in _RULES:
        text, n = pattern.subn(by, text)
        found[what] += n
    if name in _NARROW:
        text, found["line breaks within paragraphs of narrow books"] = unwrap(text)
    return text.strip() + "\n", found


def clean_all(source: Path, target: Path) -> None:
    """Clean the text files of a folder into another folder, and print what was removed."""
    target.mkdir(parents=True, exist_ok=True)
    total: Counter[str] = Counter()
    n_before = n_after = 0
    paths = sorted(source.glob("*.txt"))
    for path in paths:
        data = path.read_bytes()
        text, found = clean(path.name, data.decode("utf-8"))
        (target / path.name).write_bytes(text.encode("utf-8"))
        total += found
        n_before, n_after = n_before + len(data), n_after + len(text.encode("utf-8"))
    print(f"{len(paths)} files, {n_before:,} bytes before, {n_after:,} after")
    for what, n in total.items():
        print(f"{n:7,}  {what}")


def titles_in(card: str) -> tuple[str, ...]:
    """Author and title of every text, from the lines `- Author: title; title` of a card."""
    lines = re.findall(r"^- ([^:\n]+): ((?:.+\n)+?)(?=- |\n)", card, re.MULTILINE)
    return tuple(f"{author}: {title}" for author, titles in lines for title in " ".join(titles.split()).split("; "))


def as_base(record: RunRecord, name: str, *, texts: str, titles: tuple[str, ...]) -> RunRecord:
    """The record of a run without anything that depends on where it was trained.

    A base divides no text into documents, so that a run which begins from it does not either, unless it is told to.
    """
    corpus = record.corpus
    config = replace(corpus.config, paths=(), valid_paths=(), documents=None)
    parts = {key: replace(part, start=0, end=part.n_bytes or 0) for key, part in corpus.parts.items()}
    corpus = replace(corpus, config=config, parts=parts)
    return replace(record, name=name, corpus=corpus, notes=(), choices=(), texts=texts, titles=titles)


def round_off(run: str, card: Path) -> None:
    """Write the weights of a run in half precision, with a record of what they learned from, beside their card."""
    saved, text = open_model(run), card.read_text(encoding="utf-8")
    titles = titles_in(text)
    texts = f"{len(titles)} books and stories of English prose"
    record = as_base(saved.record, card.stem, texts=texts, titles=titles)
    weights = {name: array.astype(np.float16) for name, array in saved.weights.items()}
    assert all(np.isfinite(array).all() for array in weights.values()), "a weight is too large for half precision"
    target = card.with_suffix(".safetensors")
    with tempfile.TemporaryDirectory(dir=card.parent) as folder:
        save_model(Path(folder), record, tokenizer=saved.tokenizer, weights=weights)
        (Path(folder) / MODEL_FILE).replace(target)
    print(f"{target}: {target.stat().st_size:,} bytes, SHA-256 {open_model(target).sha256}, {texts}")


def temper(train: Path, held_out: Path, card: Path) -> None:
    """Store at which temperature a base writes best beside its held-out books, and print how it does at each."""
    target = card.with_suffix(".safetensors")
    model = open_model(target)
    texts = [
        "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt")))[:most]
        for folder, most in ((train, _MOST_CHARACTERS), (held_out, _MOST_CHARACTERS // 10))
    ]
    human_text = HumanText(model.tokenizer, train=texts[0], held_out=texts[1], n_characters=_N_SAMPLES * _SAMPLE_LENGTH)
    samples = measure_temperatures(
        model, human_text, n_samples=_N_SAMPLES, length=_SAMPLE_LENGTH, temperatures=TEMPERATURES
    )
    report = QualityReport(human_text.human, tuple(samples))
    for quality, faults in zip(report.samples, report.faults, strict=True):
        print(f"{quality.temperature:g}: faults {faults:.3f}, clean sentences {quality.clean_sentences:.1%}")
    assert report.best is not None and report.best.temperature is not None, "the base writes noise"
    print(f"{target}: temperature {report.best.temperature:g}, SHA-256 ", end="")
    print(amend_model(target, temperature=report.best.temperature))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["clean", "round", "temper"])
    parser.add_argument("sources", nargs="+", metavar="FROM")
    parser.add_argument("target", type=Path, metavar="TO")
    options = parser.parse_args()
    if options.action == "clean":
        clean_all(Path(options.sources[0]), options.target)
    elif options.action == "round":
        round_off(options.sources[0], options.target)
    else:
        train, held_out = map(Path, options.sources)
        temper(train, held_out, options.target)


if __name__ == "__main__":
    main()
