"""One HTML file that is the model: weights, vocabulary, n-gram expert and sampler, for any browser."""

from seqgen.export.html_page.writing import write

__all__ = ["write"]
