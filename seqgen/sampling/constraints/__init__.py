"""Constraints follow a text token by token, and say which tokens may come next: ban and bias, match, words, no-copy.

Filters (`seqgen.sampling.filters`) look at the logits alone. Constraints also know the text so far.
"""
