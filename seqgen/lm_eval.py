"""seqgen's models in EleutherAI's lm-evaluation-harness, under the name `seqgen`.

    lm-eval run --model seqgen --model_args run=checkpoints/NAME --tasks TASK

finds it by its entry point (harnesses after 0.4.13); with any, `python -m seqgen.lm_eval run ...` is the same command.
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

from seqgen.config import Device, SamplingConfig
from seqgen.corpus import encode_text
from seqgen.errors import ConfigError, SeqgenError, TokenizerError
from seqgen.evaluation import restore_decoder, score_text
from seqgen.evaluation.score import oov_nats
from seqgen.models import State
from seqgen.models.devices import choose_device
from seqgen.run import open_model
from seqgen.sampling import FittedPrompt, fit_prompt, write_texts
from seqgen.tokenizers import END_OF_TEXT

_WINDOW = 1024  # tokens of a context that are read at once
_MOST_CHARACTERS = 256
_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
_OFF_AT_ZERO = ("top_k", "min_p")


@register_model("seqgen")
@final
class SeqgenLM(LM):  # type: ignore[misc]
    """A trained run; the newest under `./checkpoints` if `run` is left out.

    Texts begin at an end-of-text token and are read whole, however long they are. What characters cost that the vocabulary lacks
    is in every log-likelihood, as in `seqgen eval`. `device` is cpu, mps or auto, or cuda, the harness's own default,
    which is a GPU where there is one. Texts are read one after another: batch sizes mean nothing here.

    Raises:
        RunError: there is no such run.
        ConfigError: its words do not stand for a text in full, or this machine has no such device.
    """

    def __init__(
        self, run: str | None = None, *, device: str = "cpu", batch_size: object = None, max_batch_size: object = None
    ) -> None:
        super().__init__()
        self._saved = open_model(run)
        self._tokenizer = self._saved.tokenizer
        if not self._tokenizer.is_lossless:
            raise ConfigError(f"{self._saved.path}: words between spaces do not give texts back, so no figures compare")
        self._device_name = cast(Device, "auto" if device.startswith("cuda") else device)
        self._torch_device = choose_device(self._device_name)
        self._decoder = restore_decoder(self._saved).to(self._torch_device)
        self._read: tuple[list[int], State | None] = ([], None)
        """The context that was read last, and the state after it."""
        self._n_written = 0  # a seed for each text: asked again, it draws anew

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Of each (context, continuation): ln p of the second after the first, and whether it is the likeliest text.

        A token that holds characters of both belongs to the continuation.
        """
        return self._answer("loglikelihood", requests, self._continue)

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Of each (text,): ln p of all of it, as one carried stream."""
        return self._answer("loglikelihood_rolling", requests, self._score_rolling)

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """Of each (context, options): what the model writes next, up to `until` or, of a model of
        separate documents, the end of its own.

        The likeliest tokens, but with `do_sample` drawn as `temperature`, `top_k`, `top_p`, `min_p` and
        `repetition_penalty` say. `max_gen_toks` counts characters, as lengths do in all of seqgen; 256 if left out.
        """
        return self._answer("generate_until", requests, self._write)

    def _answer(self, kind: str, requests: list[Instance], answer: Callable[..., Any]) -> list[Any]:
        answers = []
        for request in requests:
            answers.append(answer(*request.args))
            self.cache_hook.add_partial(kind, request.args, answers[-1])
        return answers

    def _score_rolling(self, text: str) -> float:
        encoded = encode_text([self._tokenizer.mark(text)], self._tokenizer)
        if not len(encoded.ids):
            return -oov_nats(self._tokenizer, n_tokens=0, n_oov=encoded.n_oov)
        return -score_text(self._decoder, self._tokenizer, encoded).nats

    def _continue(self, context: str, continuation: str) -> tuple[float, bool]:
        before, whole = (
            self._tokenizer.encode(self._tokenizer.mark(text)) for text in (context, context + continuation)
        )
        ids = whole.ids.tolist()
        n_before = self._n_within(ids, len(self._tokenizer.decode(before.ids.tolist()).encode("utf-8", "replace")))
        n_oov = max(0, len(whole.oov) - len(before.oov))  # half a separator may be unseen, a whole one is not
        nats, is_likeliest = self._score(ids[:n_before], ids[n_before:])
        nats += oov_nats(self._tokenizer, n_tokens=len(ids) - n_before, n_oov=n_oov)
        return -nats, is_likeliest and not n_oov

    def _n_within(self, ids: Sequence[int], n_bytes: int) -> int:
        """How many tokens end within the first bytes of their text."""
        n_read, previous = 0, END_OF_TEXT
        for number, token in enumerate(ids):
            n_read += len(self._tokenizer.pieces(previous)[token])
            if n_read > n_bytes:
                return number
            previous = token
        return len(ids)

    @torch.inference_mode()
    def _score(self, context: list[int], continuation: list[int]) -> tuple[float, bool]:
        """Nats of the second after the first, and whether each of its tokens is the likeliest."""
        *earlier, last = [END_OF_TEXT, *context]
        state, inputs = self._state_after(earlier), [last, *continuation[:-1]]
        nats, is_likeliest = 0.0, True
        for first in range(0, len(continuation), _WINDOW):
            logits, state = self._decoder(self._tensor(inputs[first : first + _WINDOW]), state)
            targets = torch.tensor(continuation[first : first + _WINDOW])
            own = logits[0].cpu()
            nats += float(F.cross_entropy(own, targets, reduction="none").double().sum())
            is_likeliest = is_likeliest and bool((own.argmax(dim=-1) == targets).all())
        return nats, is_likeliest

    def _state_after(self, ids: list[int]) -> State | None:
        """The state after a context; the choices of a question have theirs in common."""
        if self._read[0] != ids:
            state: State | None = None
            for first in range(0, len(ids), _WINDOW):
                _, state = self._decoder.features(self._tensor(ids[first : first + _WINDOW]), state)
            self._read = ids, state
        return self._read[1]

    def _tensor(self, ids: Sequence[int]) -> torch.Tensor:
        """(1, T)."""
        return torch.tensor([ids], device=self._torch_device)

    def _write(self, context: str, options: dict[str, Any]) -> str:
        until = options.get("until") or ()
        drawn: dict[str, Any] = {"temperature": 0.0}
        if options.get("do_sample"):
            given = {name: options[name] for name in _SAMPLING if options.get(name) is not None}
            is_off = {name for name in _OFF_AT_ZERO if given.get(name) == 0}
            drawn = {"temperature": 1.0, **{name: value for name, value in given.items() if name not in is_off}}
        config = SamplingConfig(
            stop=tuple([until] if isinstance(until, str) else filter(None, until)),
            until_end_of_text=self._saved.has_documents,
            seed=self._n_written,
            **drawn,
        )
        self._n_written += 1
        try:
            prompt = fit_prompt(context, self._tokenizer)
        except TokenizerError:  # nothing of it is known: it is no context
            prompt = FittedPrompt((), "", ())
        length = int(options.get("max_gen_toks") or _MOST_CHARACTERS)
        return write_texts(self._saved, prompt, config, length=length, device=self._device_name)[0].text


if __name__ == "__main__":
    from lm_eval.__main__ import cli_evaluate

    try:
        cli_evaluate()
    except SeqgenError as error:
        sys.exit(f"seqgen: {error}")
