"""The direction in which a model reads: from the beginning of each document, or from its end.

Everything that reads backward goes through this file. Ids on disk stand in the order of the text.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers import END_OF_TEXT


def from_end(values: NDArray[Any], ids: NDArray[Any]) -> NDArray[Any]:
    """One value for each id of a text, with those of each document in the opposite order.

    The documents keep their order, and the end-of-text token behind each of them keeps its place. So a model that reads
    backward predicts where a document begins as another predicts where it ends. Done twice, nothing has changed.

    >>> import numpy as np
    >>> from seqgen.corpus import from_end
    >>> ids = np.array([4, 5, 6, 0, 7, 8, 0, 9])  # three documents; the last one goes on
    >>> from_end(ids, ids).tolist()
    [6, 5, 4, 0, 8, 7, 0, 9]
    """
    ends = np.flatnonzero(ids == END_OF_TEXT)
    if not len(ends):
        return values[::-1]  # a view: a long text may be on disk
    turned = np.array(values)
    for before, end in pairwise((-1, *ends.tolist(), len(ids))):
        turned[before + 1 : end] = values[before + 1 : end][::-1]
    return turned


def as_read(ids: NDArray[Any], *, backward: bool) -> NDArray[Any]:
    """The ids of a text in the order in which a model reads them.

    >>> import numpy as np
    >>> from seqgen.corpus import as_read
    >>> as_read(np.array([4, 5, 6]), backward=True).tolist(), as_read(np.array([4, 5, 6]), backward=False).tolist()
    ([6, 5, 4], [4, 5, 6])
    """
    return from_end(ids, ids) if backward else ids
