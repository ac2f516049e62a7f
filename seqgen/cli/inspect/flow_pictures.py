"""Gradients through time as pictures: the gradient over the lag, and the largest singular value with its bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.length_pictures import LengthAxes, LengthCurve, draw_lengths_in_terminal, draw_panels_as_png

if TYPE_CHECKING:
    from seqgen.inspection.flows import GradientFlow

_SOLID, _DASHED, _DOTTED = range(3)
"""The dashes of a trained network, of an untrained one beside it, and of what is clipped or a bound."""


def flow_plot(flows: Sequence[GradientFlow]) -> str:
    """The gradients as lines of letters, in the order of the flows."""
    title = "norm of the gradient in the state k tokens back, over k"
    return draw_lengths_in_terminal(list(_gradients(flows)), title, is_even=True, has_powers=True, has_legend=False)


def draw_flows(flows: Sequence[GradientFlow]) -> bytes:
    """Gradients as a PNG, and beside them singular values, if any network has them."""
    gradients, stretches = [*_gradients(flows), *_clipped_gradients(flows)], list(_stretches(flows))
    panels = [(gradients, _axes("Gradient of the loss", "norm of the gradient"))]
    if stretches:
        panels.append((stretches, _axes("Product of the Jacobians of k steps", "largest singular value")))
    texts = ", ".join(dict.fromkeys(flow.text for flow in flows))
    return draw_panels_as_png(panels, title=f"Gradients through time: {texts}")


def _axes(title: str, y_label: str) -> LengthAxes:
    return LengthAxes(title=title, x_label="lag k (tokens back)", y_label=y_label, is_even=True, has_powers=True)


def names_of(flows: Sequence[GradientFlow]) -> list[str]:
    """A name for each flow: its network, and that it is untrained if others are not."""
    has_trained = any(flow.is_trained for flow in flows)
    return [flow.network + (", untrained" if has_trained and not flow.is_trained else "") for flow in flows]


def _gradients(flows: Sequence[GradientFlow]) -> Iterator[LengthCurve]:
    for name, flow, look in _looks(flows):
        yield LengthCurve(label=name, lengths=flow.norms.lags, ys=flow.norms.states, **look)


def _clipped_gradients(flows: Sequence[GradientFlow]) -> Iterator[LengthCurve]:
    """What is left of every lag when the gradient of the weights is clipped, where it is."""
    for name, flow, look in _looks(flows):
        share = flow.norms.clipped_share
        if share < 1:
            ys = [share * norm for norm in flow.norms.states]
            yield LengthCurve(label=f"{name}: clipped", lengths=flow.norms.lags, ys=ys, **{**look, "dash": _DOTTED})


def _stretches(flows: Sequence[GradientFlow]) -> Iterator[LengthCurve]:
    for name, flow, look in _looks(flows):
        stretch = flow.stretch
        if stretch is None:
            continue
        yield LengthCurve(label=name, lengths=stretch.lags, ys=stretch.values, **look)
        if stretch.bounds is not None:
            dotted = {**look, "dash": _DOTTED}
            yield LengthCurve(label=f"{name}: bound", lengths=stretch.lags, ys=stretch.bounds, **dotted)


def _looks(flows: Sequence[GradientFlow]) -> Iterator[tuple[str, GradientFlow, dict[str, Any]]]:
    """Each flow with its name and look.

    Those of one network share a colour; dashes and hollow markers show which is untrained.
    """
    networks = list(dict.fromkeys(flow.network for flow in flows))
    has_trained = any(flow.is_trained for flow in flows)
    for name, flow in zip(names_of(flows), flows, strict=True):
        is_other = has_trained and not flow.is_trained
        look = {
            "group": networks.index(flow.network),
            "dash": _DASHED if is_other else _SOLID,
            "is_hollow": is_other,
        }
        yield name, flow, look
