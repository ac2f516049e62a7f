"""The page that the HTML export carries and that the server shows: one HTML text, whose models run in it or behind it.

`interface/` is what the reader sees, the same for every model. A model is an object with `write`, `odds` and `fit`;
`remote/` gives those of a server. `assemble.py` makes one text of all of it.
"""

from seqgen.page.assemble import Page, assemble_page
from seqgen.page.served import server_page

__all__ = ["Page", "assemble_page", "server_page"]
