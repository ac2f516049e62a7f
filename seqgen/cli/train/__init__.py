"""`seqgen train`, `plan` and `race`: from a text to trained models."""
