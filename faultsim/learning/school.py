"""Runs trainings: whatever is finished is in the store, whoever asks for it next."""

from __future__ import annotations

from dataclasses import dataclass

from faultsim.campaigns.watcher import Watcher
from faultsim.learning.bench import training_job
from faultsim.learning.pace import Pace
from faultsim.learning.training import Training, training_of
from faultsim.learning.trial import Curriculum, Trial
from faultsim.spice.askers import askers
from faultsim.spice.service import SimulationService


@dataclass(frozen=True)
class School:
    """One run of trainings.

    Attributes:
        curriculum: What to train.
        service: Answers transients.
        watcher: Is told what is finished.
        pace: Is told how much time that was.
        threads: Trainings that are under way at a time.
    """

    curriculum: Curriculum
    service: SimulationService
    watcher: Watcher
    pace: Pace
    threads: int

    def run(self) -> list[Training]:
        """Train everything, and return it in the order of the file.

        Raises:
            Interrupted: Ctrl-C; what was finished is stored.
            StorageError: A result cannot be stored.
        """
        self.watcher.stage("trainings", len(self.curriculum.trials))
        with askers(self.service, self.threads) as pool:
            return list(pool.map(self._training, self.curriculum.trials))

    def _training(self, trial: Trial) -> Training:
        network = trial.network()
        trace = self.service.trace(training_job(network))
        training = training_of(trial, network, trace, self.curriculum.spec.last)
        self.pace.finished(network.sidecar.simulation.duration, reused=trace.seconds is None)
        self.watcher.advance(training.verdict.value)
        return training
