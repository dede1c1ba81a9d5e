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
from sfumato.feedforward.network import Network
from sfumato.feedforward.origin import Origin
from sfumato.feedforward.perceptual_loss import PerceptualLoss
from sfumato.feedforward.photos import Photos, random_masks
from sfumato.feedforward.settings import Settings
from sfumato.feedforward.sfm import Plan
from sfumato.feedforward.training_step import TrainingStep
from sfumato.images.resizing import at_most

__all__ = ["Training", "TrainingStep"]

# Pixels below which no side of a style picture is shrunk.
_THINNEST = 16

# Steps in a row whose gradient is no number before the training is given up. In half precision a few are to be expected
# while the factor that keeps small gradients from vanishing is found.
_PATIENCE = 20


class Training:
    """A network that learns; `run` does the work, step by step.

    Parameters
    ----------
    styles : mapping of str to ndarray (H, W, 3 or 4)
        Style pictures by name, sRGB in [0, 1], and their opacity if not all is seen.
    photos : Photos
        What to learn on, in pieces of ``settings.size``.
    settings : Settings, optional
        How.
    device : str
        A torch device name. On "cuda" the network itself computes in half precision.

    Attributes
    ----------
    network : Network
        As far as it has learned.
    step : int
        How many steps are done.
    records : list of TrainingStep
        The records of all steps; where a finished network is trained on, of those since.

    Raises
    ------
    RecipeError
        If there is no style, or the photos come in pieces of another size.
    ModelError
        If the network file "vgg19" is not in the model store and cannot be fetched.
    """

    #: Of the states that `resume` understands; what else has to be the same, it checks itself.
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
        if not styles:
            raise RecipeError("there is no style to learn; give at least one")
        for name in styles:
            if not _is_text(name):
                raise RecipeError(f"the style's name {name!r} is not text that a network can hold; rename the file")
        if photos.size != settings.size:
            raise RecipeError(
                f"the photos come in pieces of {photos.size} pixels, not {settings.size}; make them alike"
            )
        self.photos, self.device = photos, torch.device(device)
        self.plan = Plan(tuple(styles), settings.width, settings.masks)
        self.network = Network(self.plan, settings.seed).to(self.device)
        shown = [at_most(np.asarray(one, np.float32), settings.style_size, least=_THINNEST) for one in styles.values()]
        eyes = load(device=device, precision="bfloat16" if native_bfloat16(device) else "float32")
        self._perceptual_loss = PerceptualLoss(eyes, [self._tensor(style[None]) for style in shown], settings)
        self._optimizer = self._fresh_optimizer()
        self._half = self.device.type == "cuda"
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=self._half, init_scale=2.0**10)
        self.step, self.seconds, self._failures = 0, 0.0, 0
        self.records: list[TrainingStep] = []
        self.origin = Origin.of(settings, styles)

    def run(self) -> Iterator[TrainingStep]:
        """Train to the end, from where it is.

        Yields
        ------
        TrainingStep
            After each step.

        Raises
        ------
        RecipeError
            If the gradients are no numbers again and again; the network is as it was before.
        InputError
            If no photo can be used any longer.
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
        """Return a copy of the network; its plan says how it was trained, for how many steps, and on which pictures."""
        network = copy.deepcopy(self.network).cpu()
        training = {**self.origin.settings, "steps_done": self.step, "pictures": dict(self.origin.pictures)}
        network.plan = dataclasses.replace(self.plan, training=training)
        return network

    def state(self) -> dict[str, Any]:
        """Return a copy of all that is needed to go on from here."""
        state = {
            "settings": dict(self.origin.settings),
            "pictures": dict(self.origin.pictures),
            "photos": self.photos.names,
            "step": self.step,
            "seconds": self.seconds,
            "failures": self._failures,
            "lessons": [  # the name that states of old have
                (record.step, dict(record.terms), record.seconds) for record in self.records
            ],
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
        }
        return copy.deepcopy(state)

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, to as many steps as this training has.

        With the same photos, this ends as a training that was never stopped, to the bit. Photos may have been added or
        removed since: each step draws from those that are there now, and a `SfumatoWarning` counts the others.

        Parameters
        ----------
        state : mapping
            Of `state`.

        Raises
        ------
        CheckpointError
            If it was another training: a setting other than the number of steps differs, or a style.
        RecipeError
            If more steps are done already than this training has.
        """
        self._check(Origin(state["settings"], state["pictures"]), state["step"])
        before, now = set(state["photos"]), set(self.photos.names)
        if before != now:
            counts = f"{len(now - before)} added, {len(before - now)} removed"
            warn(f"the photos have changed since the last step: {counts}")
        self.step, self.seconds, self._failures = state["step"], state["seconds"], state["failures"]
        self.records = [self._record(*each) for each in state["lessons"]]
        self.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))  # which takes it over, and changes it
        if state["scaler"]:  # empty where the training ran on a CPU
            self._scaler.load_state_dict(state["scaler"])

    def go_on_from(self, network: Network) -> None:
        """Train a finished network on, to as many steps as this training has.

        A network does not hold what the optimizer knew, which is twice its size. So the optimizer starts afresh, a
        `SfumatoWarning` says so, and the result is not to the bit that of one long training.

        Parameters
        ----------
        network : Network
            Of `trained`, or read from its file.

        Raises
        ------
        CheckpointError
            If it was another training, as for `resume`, or the network does not say how it was trained.
        RecipeError
            If it was trained for more steps already than this training has.
        """
        done = network.plan.training.get("steps_done")
        if not isinstance(done, int):
            raise CheckpointError("the network does not say how it was trained, so it cannot be trained on; start anew")
        self._check(Origin.told_by(network.plan), done)
        self.step, self.seconds, self._failures, self.records = done, 0.0, 0, []
        self.network.layers.load_state_dict(network.layers.state_dict())
        self._optimizer = self._fresh_optimizer()
        if done < self.settings.steps:
            warn(
                f"a finished network goes on after step {done}; the optimizer starts afresh, so the loss is a little"
                " higher at first"
            )

    def _check(self, origin: Origin, done: int) -> None:
        """Refuse to go on from another training, or from one that went further."""
        self.origin.check(origin)
        if done > self.settings.steps:
            raise RecipeError(f"steps is {self.settings.steps}, and {done} are done already; use {done} or more")
        if done == self.settings.steps:
            warn(f"all {done} steps are done already; ask for more to go on")

    def _record(self, step: int, terms: Mapping[str, float], seconds: float) -> TrainingStep:
        return TrainingStep(step, self.settings.steps, math.fsum(terms.values()), terms, seconds)

    def _fresh_optimizer(self) -> torch.optim.Adam:
        # A constant rate: what is learned by a step does not depend on how many are to follow.
        return torch.optim.Adam(self.network.parameters(), lr=self.settings.learning_rate)

    def _learn(self) -> dict[str, float]:
        """Do a step; a gradient that is no number changes nothing."""
        settings = self.settings
        # All that is drawn follows from seed and step, so that nothing else has to be kept for a resume.
        seed = settings.seed, self.step
        photos = self._tensor(self.photos.pieces(settings.batch, (*seed, 0)))
        count = len(self.plan.styles)
        chosen = [(self.step * settings.batch + number) % count for number in range(settings.batch)]
        weights = torch.eye(count, device=self.device)[chosen]
        masks, seen = None, photos
        if settings.masks:
            masks = self._tensor(random_masks(settings.batch, settings.size, (*seed, 1))[..., None])
            seen = torch.cat([photos, masks], 1)
        with torch.autocast(self.device.type, torch.float16, enabled=self._half):
            painted = self.network(seen, weights)
        terms = self._perceptual_loss(painted.float(), photos, chosen, masks)
        self._optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(self._scaler.scale(torch.stack(list(terms.values())).sum()))
        self._scaler.unscale_(self._optimizer)
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), math.inf)  # clips nothing, but measures
        if torch.isfinite(norm):
            self._scaler.step(self._optimizer)
            self._failures = 0
        else:
            self._failures += 1
            if self._failures == min(_PATIENCE, settings.steps):
                raise RecipeError(
                    f"the training diverged at step {self.step + 1}: for {self._failures} steps its gradient was no"
                    " number; use smaller weights or a smaller learning rate"
                )
        self._scaler.update()
        return {name: float(term.detach()) for name, term in terms.items()}

    def _tensor(self, pictures: np.ndarray) -> Tensor:
        """Turn pictures (N, H, W, C) into a tensor (N, C, H, W)."""
        found = torch.from_numpy(np.ascontiguousarray(pictures, np.float32)).movedim(-1, 1)
        return found.contiguous().to(self.device)


def _is_text(name: str) -> bool:
    """Tell whether a name can be written as UTF-8, which those of some files cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
