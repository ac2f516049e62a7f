"""The process that draws tunes: reads a list of tunes as JSON, writes a line of JSON for each as soon as it is drawn.

verovio ends its whole process at some tunes that are not quite ABC, so `engraving.py` runs it in one of its own.
"""

from __future__ import annotations

import json
import sys

_OPTIONS = {
    "inputFrom": "abc",
    "adjustPageHeight": True,
    "pageHeight": 60000,
    "pageWidth": 2100,
    "scale": 40,
    "svgViewBox": True,
    "header": "none",
    "footer": "none",
}
"""One page as high as the tune, which scales with the page around it. The title stands above it, not in it."""


def main() -> None:
    """Draw what comes in on standard input."""
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    for number, abc in enumerate(json.load(sys.stdin)):
        toolkit = verovio.toolkit()
        toolkit.setOptions({**_OPTIONS, "xmlIdSeed": number + 1})  # the same names in the same tune every time
        print(json.dumps(toolkit.renderToSVG(1) if toolkit.loadData(abc) else None), flush=True)


if __name__ == "__main__":
    main()
