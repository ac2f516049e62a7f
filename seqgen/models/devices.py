"""Which device a model runs on, and a description of it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import cast

import torch

from seqgen.config import Device, require_name
from seqgen.errors import ConfigError
from seqgen.launch import local_rank

_BEST_FIRST: tuple[Device, ...] = ("cuda", "mps", "cpu")


def choose_device(name: Device) -> torch.device:
    """The device of this name. `auto` takes a GPU if there is one.

    Raises:
        ConfigError: there is no device of this name, or this machine does not have it.

    >>> from seqgen.models.devices import choose_device
    >>> choose_device("cpu")
    device(type='cpu')
    """
    require_name("device", name, Device)
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        name = next(device for device in _BEST_FIRST if available[device])
    if not available[name]:
        devices = ", ".join(device for device, is_available in available.items() if is_available)
        raise ConfigError(f"--device {name}: this machine has no such device; it has {devices}")
    if name == "cuda":
        number = local_rank()
        n_gpus = torch.cuda.device_count()
        if number >= n_gpus:
            raise ConfigError(f"process {number + 1} has no GPU: this machine has {n_gpus}")
        return torch.device("cuda", number)
    return torch.device(name)


def recorded_device(environment: Mapping[str, str]) -> torch.device:
    """The device that a run was trained on, or the best one of this machine if it lacks that device.

    >>> from seqgen.models.devices import recorded_device
    >>> recorded_device({"device": "cpu (x86_64)"})
    device(type='cpu')
    """
    name = environment.get("device", "").partition(" ")[0]
    try:
        return choose_device(cast(Device, name))
    except ConfigError:
        return choose_device("auto")


def describe_environment(device: torch.device) -> dict[str, str]:
    """Everything that must be the same for a training run to repeat its bytes: device, versions and thread count.

    >>> import torch
    >>> from seqgen.models.devices import describe_environment
    >>> sorted(describe_environment(torch.device("cpu")))
    ['device', 'n_threads', 'python', 'system', 'torch']
    """
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "device": f"{device.type} ({name})",
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "n_threads": str(torch.get_num_threads()),
    }
