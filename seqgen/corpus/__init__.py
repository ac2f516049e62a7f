"""Files -> text -> parts -> ids on disk -> batches of (B, T). Memory does not grow with the length of the text."""

from seqgen.corpus.batches import Batch, BatchEpochs, Batches, Epochs, Sources, Streams
from seqgen.corpus.corpus import Corpus, describe_changes, open_corpus, reopen_part
from seqgen.corpus.direction import as_read, from_end
from seqgen.corpus.encoded import EncodedText, encode_part, encode_text
from seqgen.corpus.encoded_pairs import EncodedPairs, encode_pairs
from seqgen.corpus.known_documents import KnownDocuments
from seqgen.corpus.mapped_ids import require_whole
from seqgen.corpus.pair_batches import PairBatches
from seqgen.corpus.pair_epochs import PairEpochs
from seqgen.corpus.pairs import Pair, read_pairs, written_chunks
from seqgen.corpus.parts import CorpusPart, ExternalText
from seqgen.corpus.record import CorpusRecord, PartRecord
from seqgen.corpus.source_reader import SourceReader

__all__ = [
    "Batch",
    "BatchEpochs",
    "Batches",
    "Corpus",
    "CorpusPart",
    "CorpusRecord",
    "EncodedPairs",
    "EncodedText",
    "Epochs",
    "ExternalText",
    "KnownDocuments",
    "Pair",
    "PairBatches",
    "PairEpochs",
    "PartRecord",
    "SourceReader",
    "Sources",
    "Streams",
    "as_read",
    "describe_changes",
    "encode_pairs",
    "encode_part",
    "encode_text",
    "from_end",
    "open_corpus",
    "read_pairs",
    "reopen_part",
    "require_whole",
    "written_chunks",
]
