"""`seqgen models`: the bases, which are trained models that come with seqgen."""

from __future__ import annotations

from seqgen.cli.shared.render import print_table, rounded


def list_models() -> None:
    """List the bases, which come with seqgen. A training run can begin from one with --from."""
    from seqgen.bases import BASES
    from seqgen.run import open_model

    rows = []
    for name in BASES:
        saved = open_model(BASES[name])
        model = saved.record.model
        shape = f"{model.cell} {model.n_layer}x{model.d_model}"
        rows.append([name, shape, rounded(saved.n_parameters), saved.tokenizer.kind, saved.record.learned_from])
    print_table(["name", "model", "params", "tokens", "learned from"], rows, n_left=5)
