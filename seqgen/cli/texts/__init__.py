"""`seqgen corpus` and `tokenize`: what a text is made of."""
