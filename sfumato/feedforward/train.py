"""Training of a network that paints in given styles."""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sfumato.compute.device import native_bfloat16
from sfumato.errors import CheckpointError, RecipeError, warn
from sfumato.features import load
from sfumato.feedforward.descent import Descent
from sfumato.feedforward.network import Network
from sfumato.feedforward.origin import Origin
from sfumato.feedforward.perceptual_loss import PerceptualLoss
from sfumato.feedforward.photos import Photos, random_masks
from sfumato.feedforward.settings import Settings
from sfumato.feedforward.sfm import Plan
from sfumato.feedforward.style_pictures import shrunk_styles
from sfumato.feedforward.training_step import TrainingStep

__all__ = ["Training", "TrainingStep"]

# Successive steps without a finite gradient until training fails; half precision has a few while its scale adapts.
_PATIENCE = 20


class Training:
    """The training of a network; `run` does the work, step by step.

    Parameters
    ----------
    styles : mapping of str to ndarray (H, W, 3 or 4)
        Style pictures by name, sRGB in [0, 1], with their opacity if they are not opaque.
    photos : Photos
        Photos to learn from, in pieces of ``settings.size``.
    settings : Settings, optional
        How to train.
    device : str
        A torch device name. On "cuda" the network itself computes in half precision.

    Attributes
    ----------
    network : Network
        The network in its current state.
    step : int
        Number of finished steps.
    records : list of TrainingStep
        Records of all steps, but not of those before a finished network is trained further.

    Raises
    ------
    RecipeError
        If there is no style, or the photos come in pieces of another size.
    ModelError
        If the network file "vgg19" is not in the model store and cannot be fetched.
    """

    #: Format of the states that `resume` understands; it checks everything else itself.
    fingerprint = "training of a network, 1"

    def __init__(
        self,
        styles: Mapping[str, np.ndarray],
        photos: Photos,
        settings: Settings | None = None,
        *,
        device: str = "cpu",
    ) -> None:
        self.settings = settings = settings or Settings()
        shown = shrunk_styles(styles, settings.style_size)
        if photos.size != settings.size:
            raise RecipeError(
                f"the photos come in pieces of {photos.size} pixels, not {settings.size}; make them alike"
            )
        self.photos, self.device = photos, torch.device(device)
        self.plan = Plan(tuple(styles), settings.width, settings.masks)
        self.network = Network(self.plan, settings.seed).to(self.device)
        eyes = load(device=device, precision="bfloat16" if native_bfloat16(device) else "float32")
        self._perceptual_loss = PerceptualLoss(eyes, [self._tensor(style[None]) for style in shown], settings)
        self._descent = self._fresh_descent()
        self.step, self.seconds = 0, 0.0
        self.records: list[TrainingStep] = []
        self.origin = Origin.of(settings, styles)

    def run(self) -> Iterator[TrainingStep]:
        """Train to the end, from the current step.

        Yields
        ------
        TrainingStep
            After each step.

        Raises
        ------
        RecipeError
            If gradients repeatedly are not finite; the network keeps its last valid state.
        InputError
            If no photo can be used anymore.
        """
        started = time.monotonic() - self.seconds
        while self.step < self.settings.steps:
            terms = self._learn()
            self.step += 1
            self.seconds = time.monotonic() - started
            self.records.append(self._record(self.step, terms, self.seconds))
            yield self.records[-1]

    def preview(self) -> np.ndarray:
        """Paint the first photo in each style, side by side, float32 (H, W, 3) in [0, 1]."""
        photo = self._tensor(self.photos.first()[None])
        if self.plan.masks:
            photo = torch.cat([photo, torch.ones_like(photo[:, :1])], 1)
        count = len(self.plan.styles)
        with torch.no_grad():
            painted = [self.network(photo, weights[None]) for weights in torch.eye(count, device=self.device)]
        found: np.ndarray = torch.cat(painted, -1)[0].movedim(0, -1).cpu().numpy()
        return found

    def trained(self) -> Network:
        """Return a copy of the network; its plan tells how it was trained, for how many steps and on which styles."""
        network = copy.deepcopy(self.network).cpu()
        training = {**self.origin.settings, "steps_done": self.step, "pictures": dict(self.origin.pictures)}
        network.plan = dataclasses.replace(self.plan, training=training)
        return network

    def state(self) -> dict[str, Any]:
        """Return a copy of everything needed to resume from here."""
        state = {
            "settings": dict(self.origin.settings),
            "pictures": dict(self.origin.pictures),
            "photos": self.photos.names,
            "step": self.step,
            "seconds": self.seconds,
            "lessons": [  # the name is kept for older states
                (record.step, dict(record.terms), record.seconds) for record in self.records
            ],
            "network": self.network.state_dict(),
            **self._descent.state(),
        }
        return copy.deepcopy(state)

    def resume(self, state: Mapping[str, Any]) -> None:
        """Resume from a state.

        With the same photos, the result equals that of an uninterrupted training, to the bit. Photos may have been
        added or removed since: each step draws from the current ones, and a `SfumatoWarning` counts the changes.

        Parameters
        ----------
        state : mapping
            Result of `state`.

        Raises
        ------
        CheckpointError
            If it is from another training: a style differs, or a setting other than the number of steps.
        RecipeError
            If it already has more steps than this training.
        """
        self._check(Origin(state["settings"], state["pictures"]), state["step"])
        before, now = set(state["photos"]), set(self.photos.names)
        if before != now:
            counts = f"{len(now - before)} added, {len(before - now)} removed"
            warn(f"the photos have changed since the last step: {counts}")
        self.step, self.seconds = state["step"], state["seconds"]
        self.records = [self._record(*each) for each in state["lessons"]]
        self.network.load_state_dict(state["network"])
        self._descent.load(state)

    def go_on_from(self, network: Network) -> None:
        """Train a finished network further.

        A network's file does not contain the state of the optimizer, which is twice its size. The optimizer restarts, a
        `SfumatoWarning` says so, and the result differs slightly from that of one long training.

        Parameters
        ----------
        network : Network
            Result of `trained`, or a network read from a file.

        Raises
        ------
        CheckpointError
            If it is from another training, see `resume`, or does not tell how it was trained.
        RecipeError
            If it already has more steps than this training.
        """
        done = network.plan.training.get("steps_done")
        if not isinstance(done, int):
            raise CheckpointError("the network does not say how it was trained, so it cannot be trained on; start anew")
        self._check(Origin.told_by(network.plan), done)
        self.step, self.seconds, self.records = done, 0.0, []
        self.network.layers.load_state_dict(network.layers.state_dict())
        self._descent = self._fresh_descent()
        if done < self.settings.steps:
            warn(
                f"a finished network goes on after step {done}; the optimizer starts afresh, so the loss is a little"
                " higher at first"
            )

    def _check(self, origin: Origin, done: int) -> None:
        """Refuse to continue another training, or one with more steps."""
        self.origin.check(origin)
        if done > self.settings.steps:
            raise RecipeError(f"steps is {self.settings.steps}, and {done} are done already; use {done} or more")
        if done == self.settings.steps:
            warn(f"all {done} steps are done already; ask for more to go on")

    def _record(self, step: int, terms: Mapping[str, float], seconds: float) -> TrainingStep:
        return TrainingStep(step, self.settings.steps, math.fsum(terms.values()), terms, seconds)

    def _fresh_descent(self) -> Descent:
        return Descent(self.network.parameters(), self.settings.learning_rate, self.device.type)

    def _learn(self) -> dict[str, float]:
        """Do a step; without a finite gradient nothing changes."""
        settings = self.settings
        # Random numbers depend on the seed and the step only, so that a state needs no generator.
        seed = settings.seed, self.step
        photos = self._tensor(self.photos.pieces(settings.batch, (*seed, 0)))
        count = len(self.plan.styles)
        chosen = [(self.step * settings.batch + number) % count for number in range(settings.batch)]
        weights = torch.eye(count, device=self.device)[chosen]
        masks, seen = None, photos
        if settings.masks:
            masks = self._tensor(random_masks(settings.batch, settings.size, (*seed, 1))[..., None])
            seen = torch.cat([photos, masks], 1)
        with torch.autocast(self.device.type, torch.float16, enabled=self._descent.half):
            painted = self.network(seen, weights)
        terms = self._perceptual_loss(painted.float(), photos, chosen, masks)
        failures = self._descent.step(torch.stack(list(terms.values())).sum())
        if failures == min(_PATIENCE, settings.steps):
            raise RecipeError(
                f"the training diverged at step {self.step + 1}: for {failures} steps its gradient was no number; use"
                " smaller weights or a smaller learning rate"
            )
        return {name: float(term.detach()) for name, term in terms.items()}

    def _tensor(self, pictures: np.ndarray) -> Tensor:
        """Turn pictures (N, H, W, C) into a tensor (N, C, H, W)."""
        found = torch.from_numpy(np.ascontiguousarray(pictures, np.float32)).movedim(-1, 1)
        return found.contiguous().to(self.device)
