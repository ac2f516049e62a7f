"""Which device a model is on."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import cast

import torch

from seqgen.config import Device
from seqgen.errors import ConfigError
from seqgen.launch import local_rank

_BEST_FIRST: tuple[Device, ...] = ("cuda", "mps", "cpu")


def choose_device(name: Device) -> torch.device:
    """`auto` takes a GPU where there is one.

    Raises:
        ConfigError: this machine does not have the device.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(device for device in _BEST_FIRST if available[device])
    if not available[name]:
        here = ", ".join(device for device, is_here in available.items() if is_here)
        raise ConfigError(f"--device {name}: there is none on this machine; there is {here}")
    if name == "cuda":
        number = local_rank()
        if number >= torch.cuda.device_count():
            raise ConfigError(f"process {number + 1} has no GPU: there are {torch.cuda.device_count()} on this machine")
        return torch.device("cuda", number)
    return torch.device(name)


def device_again(environment: Mapping[str, str]) -> torch.device:
    """The device that a run was on, or the best one where this machine does not have it."""
    name = environment["device"].split()[0]
    try:
        return choose_device(cast(Device, name))
    except ConfigError:
        return choose_device("auto")


def describe_environment(device: torch.device) -> dict[str, str]:
    """What the same bytes would need: device, versions and number of threads."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "device": f"{device.type} ({name})",
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "n_threads": str(torch.get_num_threads()),
    }
