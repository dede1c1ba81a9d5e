"""
A soft edge with exact ends
===========================

Alpha is smoothed with a raised cosine of finite width: exactly 0 outside and exactly 1 inside.
"""

import matplotlib.pyplot as plt
import numpy as np

from sfumato import blend

mask = np.zeros((9, 80), np.float32)
mask[:, 40:] = 1
for edge in ("inside", "center", "outside"):
    plt.plot(blend.soft_edge(mask, 20, edge)[4], label=edge)
plt.legend()
plt.xlabel("pixel")
plt.ylabel("alpha")
