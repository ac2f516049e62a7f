"""The words that a text may hold, for the option `words`: which are whole, and how a begun one may continue.

What a word is, `seqgen.tokenizers.word` says. The kinds of apostrophe count as one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence, Set
from functools import cached_property
from typing import final

from seqgen.config import KNOWN_WORDS
from seqgen.corpus import reopen_part, written_chunks
from seqgen.corpus.stored_text import store_text
from seqgen.errors import ConfigError, CorpusError
from seqgen.run import SavedModel
from seqgen.tokenizers.segments import regroup_segments
from seqgen.tokenizers.word import APOSTROPHES, find_words
from seqgen.waiting import waiting

APOSTROPHE = APOSTROPHES[0]
"""Stands for all kinds of apostrophe."""
_ONE_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, APOSTROPHE))


@final
class KnownWords:
    """A set of words, spelled with one kind of apostrophe.

    >>> from seqgen.sampling.constraints.known_words import KnownWords
    >>> words = KnownWords.of(["don't", "the", "Mina"])
    >>> [words.has(word) for word in ("The", "Mina", "mina", "Don’t", "do")]
    [True, True, False, True, False]
    >>> words.next_characters("Th"), words.next_characters("x")
    ('e', '')
    """

    def __init__(self, words: Set[str]) -> None:
        self._words = words

    @classmethod
    def of(cls, words: Iterable[str]) -> KnownWords:
        """These words. One in small letters may also begin with a capital."""
        own = {word.translate(_ONE_APOSTROPHE) for word in words}
        return cls(own | {word[0].upper() + word[1:] for word in own if word.islower()})

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._words)

    def has(self, word: str) -> bool:
        """Whether a word is known."""
        return word.translate(_ONE_APOSTROPHE) in self._words

    def next_characters(self, start: str) -> str:
        """The characters that follow `start` in known words, each once."""
        words, n = self._sorted, len(start)
        place, found = bisect_left(words, start), ""
        while place < len(words) and words[place].startswith(start):
            character = words[place][n : n + 1]  # nothing if the word is `start` itself
            found += character
            after = start + (chr(ord(character) + 1) if character else "\0")
            place = bisect_left(words, after, lo=place)
        return found

    def among(self, characters: Iterable[str]) -> KnownWords:
        """Those of the words that can be written with some characters."""
        alphabet = {character.translate(_ONE_APOSTROPHE) for character in characters}
        return KnownWords({word for word in self._words if alphabet.issuperset(word)})

    def without(self, phrases: Sequence[str]) -> KnownWords:
        """Those of the words that hold none of some phrases."""
        banned = [phrase.translate(_ONE_APOSTROPHE) for phrase in phrases]
        return KnownWords({word for word in self._words if not any(phrase in word for phrase in banned)})

    def new_in(self, prompt: str) -> frozenset[str]:
        """The words of a prompt that are not known.

        A prompt may end in the middle of a word. Its last word counts only if no known word continues it.

        >>> KnownWords.of(["the", "cat"]).new_in("Zorp, the ca")
        frozenset({'Zorp'})
        """
        found = find_words(prompt)
        if found and prompt.endswith(found[-1]) and self.next_characters(found[-1].translate(_ONE_APOSTROPHE)):
            found.pop()
        return frozenset(word for word in found if not self.has(word))

    def joined_by(self, words: Iterable[str]) -> KnownWords:
        """These words and some others."""
        return KnownWords(self._words | KnownWords.of(words)._words)


def words_for(model: SavedModel, sources: Sequence[str], *, ban: Sequence[str] = ()) -> KnownWords:
    """The words that the option `words` names and a model can write. Words that hold a banned phrase are left out.

    Without them, a text would not begin a word that it may not finish.

    >>> from seqgen.run import open_model
    >>> words = words_for(open_model("checkpoints/story"), ["known"])
    >>> words.has("river"), words.has("Zorp")
    (True, False)

    Raises:
        CorpusError: the training text is not found, or a file cannot be read.
        ConfigError: there is no word that the model can write.
    """
    found: set[str] = set()
    for source in sources:
        with waiting("collecting the words of the text"):
            found.update(_words_of(model, source))
    words = KnownWords.of(found).without(ban)
    alphabet = model.tokenizer.alphabet
    words = words if alphabet is None else words.among(alphabet.characters)
    if not words.next_characters(""):
        names = "the training text" if list(sources) == [KNOWN_WORDS] else ", ".join(sources)
        raise ConfigError(f"--words: the model can write no word of {names}: give a text or a list of words")
    return words


def _words_of(model: SavedModel, source: str) -> list[str]:
    """The words of the training text or of a file."""
    if source == KNOWN_WORDS:
        try:
            chunks = written_chunks(reopen_part(model.record.corpus, "train"))
        except CorpusError:
            raise CorpusError(
                f"--words known: the text that {model.name} learned from is not at hand: "
                "give it, or a list of words, with --words FILE"
            ) from None
    else:
        chunks = store_text([source]).chunks()
    different: set[str] = set()  # most of a text is repetition, and finding words takes longer than splitting at spaces
    for chunk in regroup_segments(chunks):
        different.update(chunk.split())
    return find_words("\n".join(different))
