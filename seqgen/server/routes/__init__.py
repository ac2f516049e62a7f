"""The endpoints: each takes a request apart, lets the library work, and puts an answer together."""
