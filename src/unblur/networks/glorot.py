"""Weights as Keras starts them: Glorot's uniform law, and no bias."""

from __future__ import annotations

from torch import nn

__all__ = ["start_like_keras"]


def start_like_keras(network: nn.Module) -> None:
    """Start every convolution and dense layer of a network as Keras does.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place.

    References
    ----------
    Glorot, Bengio: "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
