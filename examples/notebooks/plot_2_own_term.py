"""
An objective of your own
========================

An objective is a list of terms. This one pulls a region toward one color, beside the usual terms.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch

# %%
# A term says which layers of the network it reads; this one reads none, only the picture.
from sfumato.optimize.terms import Term


class Toward(Term):
    """The squared distance of the mean color in a mask to a color."""

    def __init__(self, color, mask, weight):
        self.color, self.weight = torch.tensor(color)[:, None, None], weight
        self.mask = torch.from_numpy(mask)[None]

    def of_picture(self, picture):
        """Return the value for a picture (1, 3, H, W)."""
        mean = (picture[0] * self.mask).sum((1, 2), keepdim=True) / self.mask.sum()
        return self.weight * (mean - self.color).square().sum()


# %%
# Descent on it alone shows that its gradient is right: the left half becomes blue, the right half stays.
mask = np.zeros((16, 16), np.float32)
mask[:, :8] = 1
term = Toward((0.1, 0.2, 0.8), mask, 1.0)
picture = torch.full((1, 3, 16, 16), 0.5, requires_grad=True)
optimizer = torch.optim.SGD([picture], lr=20)
for _ in range(30):
    optimizer.zero_grad()
    term.of_picture(picture).backward()
    optimizer.step()
plt.imshow(picture.detach()[0].permute(1, 2, 0).clip(0, 1).numpy())
plt.axis("off")

# %%
# In a method, it is one more entry of the list: ``region_objective(..., more=[term])``.
print("mean of the left half:", picture.detach()[0, :, :, :8].mean((1, 2)).numpy().round(2))
