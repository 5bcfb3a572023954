"""What a crossbar recognises: outputs get names by what they answer to, and then say what a picture shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultsim.learning.twin.crossbar import Crossbar
from faultsim.learning.twin.images import Images
from faultsim.learning.twin.trains import Trains

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Coder = Callable[[Floats], Trains]
"""Intensities -> trains."""


@dataclass(frozen=True)
class Names:
    """What outputs stand for.

    Attributes:
        shares: Of each output's spikes, the share that answered to each class; shape (outputs, classes).
    """

    shares: Floats

    @classmethod
    def of(cls, answers: Floats, labels: Places, classes: int) -> Names:
        """Name outputs by their answers to labelled pictures.

        Args:
            answers: Spikes of each output to each picture; shape (pictures, outputs).
            labels: What each picture shows.
            classes: How many there are.
        """
        means = np.stack(
            [
                answers[labels == one].mean(axis=0) if (labels == one).any() else 0 * answers[0]
                for one in range(classes)
            ],
            axis=1,
        )
        return cls(means / np.maximum(means.sum(axis=1, keepdims=True), np.finfo(float).tiny))

    def said(self, answers: Floats) -> Places:
        """Return the class that each picture's spikes say, -1 where there are none."""
        votes = answers @ self.shares
        return np.where(votes.any(axis=1), votes.argmax(axis=1), -1)

    @property
    def likeliest(self) -> Places:
        """The class of each output; -1 of one that never answers."""
        return np.where(self.shares.any(axis=1), self.shares.argmax(axis=1), -1)


def answers_of(crossbar: Crossbar, images: Images, coder: Coder) -> Floats:
    """Return the spikes of each output to each picture, feedback off; shape (pictures, outputs)."""
    found = np.zeros((len(images), len(crossbar.neurons.able)))
    for answers, intensities in zip(found, images.intensities, strict=True):
        np.add.at(answers, crossbar.recall(coder(intensities)).outputs, 1)
    return found


def silent(said: Places) -> float:
    """Return of which share of the pictures nothing is said."""
    return float(np.mean(said < 0))


def confusion(labels: Places, said: Places, classes: int) -> Places:
    """Return how often each class was taken for each; shape (classes, classes + 1), the last column for no answer."""
    found = np.zeros((classes, classes + 1), dtype=np.int64)
    np.add.at(found, (labels, said), 1)
    return found
