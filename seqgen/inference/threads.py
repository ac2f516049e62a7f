"""One thread for NumPy's linear algebra: the same bits however many there are."""

from __future__ import annotations

from typing import Any, final

from threadpoolctl import ThreadpoolController


@final
class OneThread:
    """Holds BLAS to one thread for a block, at half the cost of `threadpoolctl`'s own: it is entered at every step."""

    def __init__(self) -> None:
        self._libraries: list[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
        self._before: list[int] = []

    def __enter__(self) -> None:
        self._before = [library.get_num_threads() for library in self._libraries]
        self._set([1] * len(self._libraries))

    def __exit__(self, *_: object) -> None:
        self._set(self._before)

    def _set(self, numbers: list[int]) -> None:
        for library, number in zip(self._libraries, numbers, strict=True):
            library.set_num_threads(number)
