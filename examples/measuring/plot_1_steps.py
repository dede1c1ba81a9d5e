"""
Watch a run
===========

A run is a stream of steps. Progress, previews, plots and cancel all read it.
"""

import matplotlib.pyplot as plt
from _shared import painting, photo

import sfumato

recipe = sfumato.Recipe.from_options(style="<style>", region="subject", preset="draft")
run = sfumato.steps(recipe, photo("coffee", 320), pictures={"<style>": painting()})
losses = [step.loss for step in run]
plt.semilogy(losses)
plt.xlabel("step")
plt.ylabel("loss")
print(f"{len(losses)} steps")
