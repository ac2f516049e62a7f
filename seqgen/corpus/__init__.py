"""Files -> text -> parts -> ids on disk -> batches of (B, T). Memory does not grow with the length of the text."""

from seqgen.corpus.batches import Batch, Epochs, Sources, Streams
from seqgen.corpus.corpus import Corpus, describe_changes, open_corpus, reopen_part
from seqgen.corpus.encoded import EncodedText, encode_part, encode_text
from seqgen.corpus.known_documents import KnownDocuments
from seqgen.corpus.parts import CorpusPart, ExternalText
from seqgen.corpus.record import CorpusRecord, PartRecord

__all__ = [
    "Batch",
    "Corpus",
    "CorpusPart",
    "CorpusRecord",
    "EncodedText",
    "Epochs",
    "ExternalText",
    "KnownDocuments",
    "PartRecord",
    "Sources",
    "Streams",
    "describe_changes",
    "encode_part",
    "encode_text",
    "open_corpus",
    "reopen_part",
]
