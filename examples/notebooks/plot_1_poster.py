"""
From a photo to a poster
========================

Choose the region, look at it, choose the style, keep the recipe: the usual way from start to end.
"""

from _shared import etching, painting, photo, show, washes

import sfumato
from sfumato import regions

# %%
# 1. What is in it?
# -----------------
# A region is looked at before any time is spent on it.
portrait = photo("astronaut", 420)
subject = regions.evaluate("subject", portrait)
print(f"the subject covers {subject.mean():.0%}")
show(portrait, subject, titles=("photo", "subject"))

# %%
# 2. Which style?
# ---------------
# The fast method gives a first look at all of them.
styles = {"a painting": painting(), "an etching": etching(), "washes": washes()}
looks = [sfumato.stylize(portrait, style, region="~subject", method="fast").array for style in styles.values()]
show(*looks, titles=tuple(styles))

# %%
# 3. Paint it
# -----------
# The optimizer paints the one that was chosen. The person stays, to the bit.
result = sfumato.stylize(portrait, styles["a painting"], region="~subject", preset="draft")
show(result.array)

# %%
# 4. Keep the recipe
# ------------------
# ``result.save("poster.png")`` writes the picture with its recipe inside;
# ``sfumato replay poster.png other.jpg`` uses it again.
print(result.recipe.to_toml().splitlines()[0])
