"""Training, above everything else: the only importer of torch, never on the run-time path."""

from resmem_core.errors import missing_extra

try:
    import torch as torch
except ModuleNotFoundError as error:
    raise missing_extra("train", "torch") from error
