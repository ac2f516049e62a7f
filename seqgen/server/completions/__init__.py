"""/v1/completions: from the fields of a request to texts, whole or while they are written."""
