"""Tests: one sentence of behaviour each, and no network, no clock, no file outside their own folder."""
