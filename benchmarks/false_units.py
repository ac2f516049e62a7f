"""How often `seqgen inspect units` finds a unit where there is nothing to find.

    python benchmarks/false_units.py TEXT [--networks N] [--steps N]

The networks are LSTMs of one layer of 32 units. Some have new weights and read the text; some have new weights and read
its characters in a random order; some have learned for so many steps from characters in a random order. Of those with
new weights, 5 % at most should have a unit that is found.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import torch

from seqgen.config import Budget, CharConfig, CorpusConfig, LstmConfig
from seqgen.inspection.activity import read_activity
from seqgen.inspection.token_text import TokenText
from seqgen.inspection.units import find_followers, read_shuffled, usable_features
from seqgen.models import Decoder, build_model, read_weights
from seqgen.restored import restore_decoder
from seqgen.run import open_model
from seqgen.tokenizers import train_tokenizer
from seqgen.training import Session, TrainingRequest

_CHARACTERS = 10_000
"""That each network reads."""
_SHAPE = {"n_layer": 1, "d_model": 32, "d_embedding": 32, "dropout": 0.0, "input_dropout": 0.0}


def shuffled(text: str, seed: int) -> str:
    """The same characters in a random order."""
    characters = list(text)
    random.Random(seed).shuffle(characters)
    return "".join(characters)


class Trial:
    """A text that networks read."""

    def __init__(self, text: str) -> None:
        self._tokenizer = train_tokenizer(CharConfig(), [text], n_bytes=len(text.encode()))
        self.text = TokenText.of(self._tokenizer.encode(text).ids, self._tokenizer)
        self.config = LstmConfig(vocab_size=self._tokenizer.vocab_size, **_SHAPE)  # type: ignore[arg-type]
        self._features = usable_features(self.text)

    def found(self, network: Decoder) -> list[str]:
        """The features of the units of a network that are found."""
        activity = read_activity(network.eval(), self.config, self.text.ids)
        shuffled = read_shuffled(self.config, read_weights(network), self.text)
        followers = find_followers(activity, shuffled, features=self._features, ids=self.text.ids)
        return [following.feature for following in followers if following.is_found]


def new_network(config: LstmConfig, seed: int) -> Decoder:
    """A network that has learned nothing."""
    torch.manual_seed(1000 + seed)
    return build_model(config)


def trained_network(text: str, seed: int, *, steps: int) -> Decoder:
    """A network that has learned from a text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.txt"
        path.write_text(text, encoding="utf-8")
        request = TrainingRequest(
            corpus=CorpusConfig(paths=(str(path),), valid_fraction=0.0),
            cell="lstm",
            settings={**_SHAPE, "seed": seed, "precision": "float32", "ngram_order": None, "ngram_expert": False},
            budget=Budget(steps=steps),
            device="cpu",
            folder=Path(folder) / "run",
        )
        for _ in Session.start(request).reports():
            pass
        return restore_decoder(open_model(Path(folder) / "run"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--steps", type=int, default=200)
    options = parser.parse_args()
    text = options.text.read_text(encoding="utf-8")[:_CHARACTERS]
    on_text, on_noise = Trial(text), Trial(shuffled(text, 0))
    found = {
        "new weights, the text": [on_text.found(new_network(on_text.config, n)) for n in range(options.networks)],
        "new weights, noise": [on_noise.found(new_network(on_noise.config, n)) for n in range(options.networks)],
        "trained on noise, noise": [
            on_noise.found(trained_network(shuffled(text, 1 + n), n, steps=options.steps))
            for n in range(options.networks // 5)
        ],
    }
    print("| network and text | networks | with a unit found | units found | features |")
    print("| --- | ---: | ---: | ---: | --- |")
    for name, features in found.items():
        named = ", ".join(sorted({feature for of_network in features for feature in of_network}))
        print(f"| {name} | {len(features)} | {sum(map(bool, features))} | {sum(map(len, features))} | {named} |")


if __name__ == "__main__":
    main()
