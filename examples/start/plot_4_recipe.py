"""
A recipe for other photos
=========================

What was done is a recipe: text that can be kept, changed, and applied to another photo. It also
travels inside every saved result.
"""

from _shared import painting, photo, show

import sfumato

recipe = sfumato.Recipe.from_options(style="<style>", region="subject", preset="draft", color="luminance")
print(recipe.to_toml())

# %%
# The style is a picture in memory here, so it has a name in angle brackets, and is given beside.
pictures = []
for name in ("chelsea", "coffee"):
    run = sfumato.steps(recipe, photo(name, 320), pictures={"<style>": painting(1)})
    for _ in run:
        pass
    pictures.append(run.result().array)
show(*pictures, titles=("cat", "cup"))
