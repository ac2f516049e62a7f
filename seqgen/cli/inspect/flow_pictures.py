"""Gradients through time as pictures: the gradient over the lag, and the largest singular value with its bound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seqgen.cli.shared.log_pictures import LogCurve, Panel, draw_log_in_terminal

if TYPE_CHECKING:
    from seqgen.inspection.flows import GradientFlow

_X_LABEL = "lag k (tokens back)"


def flow_plot(flows: Sequence[GradientFlow]) -> str:
    """The gradients as lines of letters, in the order of the flows."""
    return draw_log_in_terminal(list(_gradients(flows)), "norm of the gradient in the state k tokens back, over k")


def flow_panels(flows: Sequence[GradientFlow]) -> list[Panel]:
    """Gradients, and beside them singular values, if any network has them."""
    curves = [*_gradients(flows), *_clipped_gradients(flows)]
    stretches = list(_stretches(flows))
    panels = [Panel(title="Gradient of the loss", x_label=_X_LABEL, y_label="norm of the gradient", curves=curves)]
    if stretches:
        title = "Product of the Jacobians of k steps"
        panels.append(Panel(title=title, x_label=_X_LABEL, y_label="largest singular value", curves=stretches))
    return panels


def names_of(flows: Sequence[GradientFlow]) -> list[str]:
    """A name for each flow: its network, and that it is untrained if others are not."""
    has_trained = any(flow.is_trained for flow in flows)
    return [flow.network + (", untrained" if has_trained and not flow.is_trained else "") for flow in flows]


def _gradients(flows: Sequence[GradientFlow]) -> Iterator[LogCurve]:
    for name, flow, look in _looks(flows):
        yield LogCurve(label=name, xs=flow.norms.lags, ys=flow.norms.states, **look)


def _clipped_gradients(flows: Sequence[GradientFlow]) -> Iterator[LogCurve]:
    """What is left of every lag when the gradient of the weights is clipped, where it is."""
    for name, flow, look in _looks(flows):
        share = flow.norms.clipped_share
        if share < 1:
            ys = [share * norm for norm in flow.norms.states]
            yield LogCurve(label=f"{name}: clipped", xs=flow.norms.lags, ys=ys, **{**look, "style": "dotted"})


def _stretches(flows: Sequence[GradientFlow]) -> Iterator[LogCurve]:
    for name, flow, look in _looks(flows):
        stretch = flow.stretch
        if stretch is None:
            continue
        yield LogCurve(label=name, xs=stretch.lags, ys=stretch.values, **look)
        if stretch.bounds is not None:
            yield LogCurve(label=f"{name}: bound", xs=stretch.lags, ys=stretch.bounds, **{**look, "style": "dotted"})


def _looks(flows: Sequence[GradientFlow]) -> Iterator[tuple[str, GradientFlow, dict[str, Any]]]:
    """Each flow with its name and look. Those of one network share a colour; dashes and hollow
    markers show which is untrained."""
    networks = list(dict.fromkeys(flow.network for flow in flows))
    has_trained = any(flow.is_trained for flow in flows)
    for name, flow in zip(names_of(flows), flows, strict=True):
        is_other = has_trained and not flow.is_trained
        look = {
            "group": networks.index(flow.network),
            "style": "dashed" if is_other else "solid",
            "is_hollow": is_other,
        }
        yield name, flow, look
