"""What can be told of a job before anything slow is imported: PyTorch alone takes seconds."""

from __future__ import annotations

from pathlib import Path

from sfumato import images
from sfumato.jobs.job import Job
from sfumato.jobs.outputs import Outputs
from sfumato.methods.recipe_files import check_files, files_of

__all__ = ["check"]


def check(job: Job, outputs: Outputs, save_recipe: Path | None = None) -> None:
    """Check that the files that a job reads are there, and that those that it writes can be written.

    Parameters
    ----------
    job : Job
        Job to carry out.
    outputs : Outputs
        Files to write.
    save_recipe : Path, optional
        Where to save the job.

    Raises
    ------
    SfumatoError
        If one is missing, the photo is not a picture, or something cannot be written.
    """
    images.stored_size(job.photo)
    check_files(job.recipe, job.folder)
    outputs.check(job.recipe, [job.photo, *files_of(job.recipe, job.folder)], save_recipe)
