"""Locales that are not UTF-8: the words of the command line are read as UTF-8 all the same."""

from __future__ import annotations

import os
import sys


def read_words_as_utf8() -> None:
    """Start the program again in Python's UTF-8 mode, if a word of the command line is no text in the locale.

    In the locale C without that mode, an ä of a prompt would be two unknown bytes, and an ä of a file name could not be
    shown. The number of the process stays the same.
    """
    if sys.getfilesystemencoding() != "utf-8" and any(not _is_text(word) for word in sys.argv):
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def _is_text(word: str) -> bool:
    """Whether no byte of a word was left as it is, which Python marks with half a character."""
    return not any("\udc80" <= character <= "\udcff" for character in word)
