"""Carry out a job from file to file: check everything and begin, then write the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from sfumato.jobs import needs
from sfumato.jobs.checks import check
from sfumato.jobs.job import Job, save
from sfumato.jobs.outputs import Outputs
from sfumato.methods import Result, Run, steps

__all__ = ["begin", "finish"]


def begin(
    job: Job,
    outputs: Outputs,
    *,
    resume: bool = False,
    device: str = "auto",
    precision: str = "auto",
    save_recipe: Path | None = None,
    fetch: Callable[[Iterable[str]], None] = needs.fetch,
) -> Run:
    """Check what a job reads and writes, fetch what it needs, and begin.

    Parameters
    ----------
    job : Job
        Job to carry out.
    outputs : Outputs
        Files to write.
    resume : bool
        Continue from the checkpoint beside the output.
    device, precision : str
        Device and precision; see `sfumato.steps`.
    save_recipe : Path, optional
        Where to save the job, once all checks have passed.
    fetch : callable
        Fetches network files by name.

    Returns
    -------
    Run
        Iterate over it, then call `finish` to write its result.

    Raises
    ------
    SfumatoError
        If anything given cannot be used, or something cannot be written.
    """
    check(job, outputs, save_recipe)
    fetch(sorted(needs.needed(job.recipe, job.folder)))
    run = steps(
        job.recipe,
        job.photo,
        folder=job.folder,
        device=device,
        precision=precision,
        checkpoint_path=outputs.checkpoint,
        resume=resume,
    )
    if save_recipe is not None:
        save(job, save_recipe)
    return run


def finish(run: Run, outputs: Outputs) -> Result:
    """Write the results of a run: the picture, a plot, and, if the run was stopped, its checkpoint.

    Raises
    ------
    OutputError
        If something cannot be written.
    """
    result = run.result()
    result.save(outputs.picture, overwrite=outputs.overwrite)
    if outputs.plot is not None:
        from sfumato.jobs.plot import plot_losses

        plot_losses(result.trace, outputs.plot)
    if run.finished:
        outputs.checkpoint.unlink(missing_ok=True)
    else:
        run.save_checkpoint()
    return result
