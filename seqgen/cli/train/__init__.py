"""`seqgen train`, `plan` and `race`."""
