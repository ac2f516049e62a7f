"""Texts of one model for many clients at once: all of them share the steps of the model. There is no HTTP here."""

from seqgen.server.engine.contract import (
    EngineLimits,
    Event,
    Failed,
    Finished,
    Piece,
    QueueFull,
    StreamRequest,
)
from seqgen.server.engine.counts import EngineCounts
from seqgen.server.engine.engine import Engine
from seqgen.server.engine.ticket import Ticket

__all__ = [
    "Engine",
    "EngineCounts",
    "EngineLimits",
    "Event",
    "Failed",
    "Finished",
    "Piece",
    "QueueFull",
    "StreamRequest",
    "Ticket",
]
