"""seqgen's models in EleutherAI's lm-evaluation-harness, under the name `seqgen`.

    lm-eval run --model seqgen --model_args run=checkpoints/NAME --tasks TASK

Harnesses newer than 0.4.13 find the model by its entry point. With any version, `python -m seqgen.lm_eval run ...` is
the same command with the model registered.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, cast, final

import torch
import torch.nn.functional as F
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from seqgen.config import Device, SamplingConfig, SamplingRequest
from seqgen.corpus import encode_text
from seqgen.errors import ConfigError, SeqgenError, TokenizerError
from seqgen.evaluation import restore_decoder, score_text
from seqgen.evaluation.oov import oov_nats
from seqgen.models import State
from seqgen.models.devices import choose_device
from seqgen.run import open_model
from seqgen.sampling import fit_prompt, write_texts
from seqgen.tokenizers import END_OF_TEXT

_WINDOW = 1024
"""How many tokens are read at once."""
_DEFAULT_LENGTH = 256
"""Characters of a generated text for which the task sets no limit."""
_SAMPLING_OPTIONS = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
_OFF_AT_ZERO = ("top_k", "min_p")
"""Options that the harness turns off with 0, and seqgen with None."""


@register_model("seqgen")
@final
class SeqgenLM(LM):  # type: ignore[misc]
    """A trained run as a model of the harness; the newest run under `./checkpoints` if `run` is left out.

    Every text is read after an end-of-text token and as a whole, however long it is. Log-likelihoods include the charge
    for out-of-vocabulary characters, as scores of `seqgen eval` do.

    `device` is cpu, mps, auto, or cuda. The harness passes cuda unless told otherwise, so cuda here means auto: a GPU
    if there is one. Texts are read one by one, so batch sizes are accepted and ignored.

    Raises:
        RunError: there is no such run.
        ConfigError: the run learned from pairs, its tokenizer does not give texts back exactly, or this machine has no
            such device.
    """

    def __init__(
        self, run: str | None = None, *, device: str = "cpu", batch_size: object = None, max_batch_size: object = None
    ) -> None:
        super().__init__()
        self._saved = open_model(run)
        self._tokenizer = self._saved.tokenizer
        if self._saved.source_tokenizer is not None:
            raise ConfigError(f"{self._saved.path} learned from pairs, and the harness scores texts")
        if self._saved.record.corpus.backward:
            raise ConfigError(f"{self._saved.path} reads from the end of a text, and the harness asks what follows")
        if not self._tokenizer.is_lossless:
            raise ConfigError(
                f"the tokenizer of {self._saved.path} does not give texts back exactly, "
                "so its scores would compare with those of no other model"
            )
        self._device_name = cast(Device, "auto" if device.startswith("cuda") else device)
        self._torch_device = choose_device(self._device_name)
        self._decoder = restore_decoder(self._saved, device=self._device_name)
        self._last_context: tuple[list[int], State | None] = ([], None)
        """The ids of the context that was read last, and the state after it."""
        self._n_written = 0
        """Texts generated so far. Each gets this number as its seed, so that a repeated request is sampled anew."""

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """For each (context, continuation): ln p of the continuation, and whether greedy decoding would write it.

        A token that spans both belongs to the continuation.
        """
        return self._answer(requests, self._continue, kind="loglikelihood")

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """For each (text,): ln p of the whole text, read as one stream."""
        return self._answer(requests, self._score_rolling, kind="loglikelihood_rolling")

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """For each (context, options): what the model writes next.

        The text ends before a string of `until`, or, if the model was trained on documents, where it ends one. With
        `do_sample`, tokens are sampled with `temperature`, `top_k`, `top_p`, `min_p` and `repetition_penalty`; without
        it, the most probable token is taken. `max_gen_toks` counts characters, as lengths do everywhere in seqgen; it
        is 256 if left out.
        """
        return self._answer(requests, self._write, kind="generate_until")

    def _answer(self, requests: list[Instance], answer: Callable[..., Any], *, kind: str) -> list[Any]:
        answers = []
        for request in requests:
            answers.append(answer(*request.args))
            self.cache_hook.add_partial(kind, request.args, answers[-1])
        return answers

    def _score_rolling(self, text: str) -> float:
        encoded = encode_text([self._tokenizer.mark(self._saved.read(text))], self._tokenizer)
        if not len(encoded.ids):
            return -oov_nats(self._tokenizer, n_tokens=0, n_oov=encoded.n_oov)
        return -score_text(self._decoder, encoded, tokenizer=self._tokenizer).nats

    def _continue(self, context: str, continuation: str) -> tuple[float, bool]:
        before, whole = (
            self._tokenizer.encode(self._tokenizer.mark(self._saved.read(text)))
            for text in (context, context + continuation)
        )
        ids = whole.ids.tolist()
        n_before = self._n_within(ids, len(self._tokenizer.decode(before.ids.tolist()).encode("utf-8", "replace")))
        # Half a separator between documents may be out of the vocabulary, and the whole separator in it. Then the whole
        # text has fewer out-of-vocabulary characters than the context alone.
        n_oov = max(0, len(whole.oov) - len(before.oov))
        nats, is_greedy = self._score(ids[:n_before], ids[n_before:])
        nats += oov_nats(self._tokenizer, n_tokens=len(ids) - n_before, n_oov=n_oov)
        return -nats, is_greedy and not n_oov

    def _n_within(self, ids: Sequence[int], n_bytes: int) -> int:
        """How many tokens lie entirely within the first `n_bytes` of their text."""
        end, previous = 0, END_OF_TEXT
        for n_tokens, token in enumerate(ids):
            end += len(self._tokenizer.pieces(previous)[token])
            if end > n_bytes:
                return n_tokens
            previous = token
        return len(ids)

    @torch.inference_mode()
    def _score(self, context: list[int], continuation: list[int]) -> tuple[float, bool]:
        """Nats of the continuation, and whether each of its tokens is the most probable one.

        `seqgen.scoring` returns nats alone. The second answer needs the logits, so the cross-entropy is taken here.
        """
        *earlier, last = [END_OF_TEXT, *context]
        state, inputs = self._state_after(earlier), [last, *continuation[:-1]]
        nats, is_greedy = 0.0, True
        for first in range(0, len(continuation), _WINDOW):
            logits, state = self._decoder(self._tensor(inputs[first : first + _WINDOW]), state)
            targets = torch.tensor(continuation[first : first + _WINDOW])
            after_each = logits[0].cpu()  # (T, V)
            nats += float(F.cross_entropy(after_each, targets, reduction="none").double().sum())
            is_greedy = is_greedy and bool((after_each.argmax(dim=-1) == targets).all())
        return nats, is_greedy

    def _state_after(self, ids: list[int]) -> State | None:
        """The state after a context. It is kept, because all choices of a question follow the same context."""
        if self._last_context[0] != ids:
            state: State | None = None
            for first in range(0, len(ids), _WINDOW):
                _, state = self._decoder.features(self._tensor(ids[first : first + _WINDOW]), state)
            self._last_context = ids, state
        return self._last_context[1]

    def _tensor(self, ids: Sequence[int]) -> torch.Tensor:
        """(1, T)."""
        return torch.tensor([ids], device=self._torch_device)

    def _write(self, context: str, options: dict[str, Any]) -> str:
        until = options.get("until") or ()
        sampling: dict[str, Any] = {"temperature": 0.0}
        if options.get("do_sample"):
            is_set = (name for name in _SAMPLING_OPTIONS if options.get(name) is not None)
            is_on = (name for name in is_set if not (name in _OFF_AT_ZERO and options[name] == 0))
            sampling = {"temperature": 1.0, **{name: options[name] for name in is_on}}
        config = SamplingConfig(
            stop=tuple([until] if isinstance(until, str) else filter(None, until)),
            until_end_of_text=self._saved.has_documents,
            seed=self._n_written,
            **sampling,
        )
        self._n_written += 1
        try:
            prompt = fit_prompt(self._saved.read(context), self._tokenizer)
        except TokenizerError:  # the vocabulary lacks every character, so the text is written without a context
            prompt = fit_prompt("", self._tokenizer)
        length = int(options.get("max_gen_toks") or _DEFAULT_LENGTH)
        request = SamplingRequest(length=length, device=self._device_name)
        return write_texts(self._saved, prompt, config=config, request=request)[0].text


def main() -> None:
    """The command of the harness, which refuses a run in one line."""
    from lm_eval.__main__ import cli_evaluate

    try:
        cli_evaluate()
    except SeqgenError as error:
        sys.exit(f"seqgen: {error}")


if __name__ == "__main__":
    main()
