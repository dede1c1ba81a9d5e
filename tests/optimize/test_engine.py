import copy
import itertools

import numpy as np
import pytest
import torch

from sfumato.errors import SfumatoError
from sfumato.optimize import (
    Level,
    StyledRegion,
    Weights,
    checkpoint,
    optimize,
    pyramid,
    region_objective,
    resize,
    to_image,
)

RATES = {"lbfgs": 1.0, "adam": 0.02}
WEIGHTS = Weights({"relu1_1": 1.0, "relu2_1": 1.0}, "relu2_1", variation=0.2)
SIZE = 48, 64


class Job:
    """A small but real transfer over two sizes."""

    def __init__(self, network, noise, optimizer="lbfgs", iterations=(5, 4), **options):
        self.photo = noise(*SIZE)
        self.mask = torch.zeros(1, 1, *SIZE)
        self.mask[..., 10:39, 20:53] = 1
        self.mask[..., 39:42, 20:53] = 0.4
        self.style = noise(40, 36, 5)
        self.network, self.built = network, []
        self.levels = pyramid(*SIZE, iterations, smallest=16)
        self.options = {"optimizer": optimizer, "learning_rate": RATES[optimizer]} | options

    def objective_at(self, level):
        self.built.append(level.number)
        mask = resize(self.mask, level.height, level.width)
        region = StyledRegion("r", mask, {"a": (self.style, 1.0)}, content_weight=0.1)
        return region_objective(self.network, resize(self.photo, level.height, level.width), [region], WEIGHTS)

    def run(self, **more):
        return optimize(self.levels, self.objective_at, self.photo, **self.options | more)


@pytest.fixture(params=["lbfgs", "adam"])
def job(request, network, noise):
    return Job(network, noise, request.param)


class Bowl:
    """A loss with its least value at a target color, which may be made to misbehave at some evaluations."""

    def __init__(self, size=(6, 8), at=(), loss=np.nan, color=0.7, least=0.0):
        self.photo = torch.full((1, 3, *size), 0.2)
        self.union = torch.ones(1, 1, *size)
        self.target = torch.full((1, 3, *size), color)
        self.calls, self.seen, self.at, self.ruin, self.least = 0, [], at, loss, least

    def evaluate(self, picture):
        self.calls += 1
        self.seen.append(picture.detach().clone())
        value = (picture - self.target).square().mean()
        value.backward()
        if self.calls in self.at:
            return {"bowl": float(self.ruin)}
        return {"bowl": value.item() + self.least}


def roll(bowl, iterations=12, *, optimizer="adam", rate=0.05, **options):
    height, width = bowl.photo.shape[-2:]
    levels = [Level(1, height, width, 1.0, iterations)]
    return optimize(levels, lambda _: bowl, bowl.photo, optimizer=optimizer, learning_rate=rate, **options)


def test_pixels_outside_the_masks_never_change(job):
    sizes = set()
    for step in job.run():
        photo = to_image(resize(job.photo, *step.shape))
        free = resize(job.mask, *step.shape)[0, 0].numpy() > 0
        picture = step.working_picture()
        assert picture.shape == (*step.shape, 3)
        assert picture.dtype == np.float32
        np.testing.assert_array_equal(picture[~free], photo[~free])
        sizes.add(step.shape)
    assert sizes == {(24, 32), (48, 64)}
    # The soft rim of the mask is free as well.
    assert (picture[free] != photo[free]).mean() > 0.9


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_first_step_shows_the_start_in_the_masks(network, noise, layout):
    job = Job(network, noise)
    job.photo = job.photo.contiguous(memory_format=layout)
    other = noise(*SIZE, 11)
    free = (job.mask[0, 0] > 0).numpy()
    steps = list(optimize(job.levels[1:], job.objective_at, other))
    np.testing.assert_array_equal(steps[0].working_picture()[free], to_image(other)[free])
    for step in steps:
        np.testing.assert_array_equal(step.working_picture()[~free], to_image(job.photo)[~free])


def test_the_loss_falls_at_every_level(job):
    by_level = {}
    for step in job.run():
        assert step.loss == pytest.approx(sum(step.terms.values()))
        by_level.setdefault(step.level, []).append(step.loss)
    assert {level: len(losses) for level, losses in by_level.items()} == {1: 5, 2: 4}
    for losses in by_level.values():
        assert min(losses) < 0.9 * losses[0]


def test_a_level_starts_from_the_best_of_the_one_before(job):
    steps = list(job.run())
    best = torch.from_numpy(steps[4].working_picture()).movedim(-1, 0)[None]
    free = (job.mask[0, 0] > 0).numpy()
    expected = to_image(resize(best, *SIZE))
    np.testing.assert_allclose(steps[5].working_picture()[free], expected[free], atol=2e-2)
    assert (
        np.abs(steps[5].working_picture() - expected)[free].mean()
        < np.abs(to_image(job.photo) - expected)[free].mean() / 4
    )


def test_the_same_run_gives_the_same_picture(job):
    first, second = list(job.run()), list(job.run())
    assert [step.loss for step in first] == [step.loss for step in second]
    np.testing.assert_array_equal(first[-1].working_picture(), second[-1].working_picture())


def test_the_start_is_not_changed(job):
    photo = job.photo.clone()
    for _ in job.run():
        pass
    assert torch.equal(job.photo, photo)


def test_each_level_is_built_once_when_it_is_reached(job):
    run = job.run()
    assert job.built == []
    next(run)
    assert job.built == [1]
    list(run)
    assert job.built == [1, 2]


def test_the_steps_tell_where_they_are(job):
    done = seconds = 0.0
    for number, step in enumerate(job.run()):
        assert (step.level, step.levels) == (1 if number < 5 else 2, 2)
        assert (step.iteration, step.iterations) == ((number + 1, 5) if number < 5 else (number - 4, 4))
        assert step.done > done
        assert step.seconds > seconds
        assert step.note == ""
        done, seconds = step.done, step.seconds
    assert done == 1
    assert step.seconds_left == 0


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_pictures_asked_for_later_are_those_of_their_step(network, noise, optimizer):
    job = Job(network, noise, optimizer)
    now, steps = [], []
    for step in job.run():
        now.append(step.working_picture())
        steps.append(step)
    for picture, step in zip(now, steps, strict=True):
        np.testing.assert_array_equal(step.working_picture(), picture)


def test_the_last_picture_has_the_lowest_loss(network, noise):
    # So long a step that the second evaluation is worse than the first.
    job = Job(network, noise, "adam", iterations=(3, 2), learning_rate=0.15)
    first, last = (step for step in job.run() if step.level == 2)
    assert last.loss > first.loss
    np.testing.assert_array_equal(last.working_picture(), first.working_picture())
    picture = torch.from_numpy(last.working_picture()).movedim(-1, 0)[None]
    terms = job.objective_at(job.levels[-1]).evaluate(picture.requires_grad_())
    # Near, as the picture is clipped to what can be shown.
    assert sum(terms.values()) == pytest.approx(first.loss, rel=0.1)


def test_the_picture_of_a_step_is_the_best_so_far():
    bowl = Bowl(color=0.3)
    steps = list(roll(bowl, 30, rate=0.2))
    losses = [step.loss for step in steps]
    assert any(later > earlier for earlier, later in itertools.pairwise(losses))
    for number, step in enumerate(steps):
        best = int(np.argmin(losses[: number + 1]))
        np.testing.assert_array_equal(step.working_picture(), to_image(bowl.seen[best]))


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("through_file", [False, True])
def test_a_run_resumed_from_any_step_ends_the_same(network, noise, tmp_path, optimizer, through_file):
    job = Job(network, noise, optimizer)
    full = [(step.loss, step.working_picture()) for step in job.run()]
    assert len(full) == 9
    for stop in range(1, 9):
        run = job.run()
        for _ in range(stop):
            step = next(run)
        state = step.state()
        if through_file:
            checkpoint.write(tmp_path / "run.checkpoint", state, fingerprint="f")
            state = checkpoint.read(tmp_path / "run.checkpoint", fingerprint="f")
        rest = list(job.run(resume=state))
        assert [step.loss for step in rest] == [loss for loss, _ in full[stop:]]
        for step, (_, picture) in zip(rest, full[stop:], strict=True):
            np.testing.assert_array_equal(step.working_picture(), picture)
        assert [step.done for step in rest] == sorted(step.done for step in rest)
        assert rest[-1].done == 1


def test_a_resumed_run_builds_no_level_that_is_over(network, noise):
    job = Job(network, noise)
    steps = []
    for step in job.run():
        steps.append(step)
        if step.level == 2:
            break
    job.built.clear()
    list(job.run(resume=step.state()))
    assert job.built == [2]


def test_a_run_resumed_after_its_last_step_still_shows_its_picture(network, noise):
    """Killed between the last step and the writing of the result."""
    job = Job(network, noise)
    for step in job.run():
        last = step
    picture, rest = last.working_picture(), list(job.run(resume=last.state()))
    assert rest, "nothing comes back, so that whoever drains the stream has no picture to show"
    np.testing.assert_array_equal(rest[-1].working_picture(), picture)
    assert rest[-1].done == 1


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_state_that_was_taken_stays_as_it_is(network, noise, optimizer):
    """While the run goes on, and while another is resumed from it."""
    job = Job(network, noise, optimizer)
    run = job.run()
    next(run)
    state = next(run).state()
    kept = copy.deepcopy(state)
    rest = [step.loss for step in run]
    first = [step.loss for step in job.run(resume=state)]
    second = [step.loss for step in job.run(resume=state)]
    assert torch.equal(state["values"], kept["values"])
    assert first == rest
    assert second == rest


def test_seconds_go_on_after_a_resume():
    state = None
    for step in roll(Bowl(), 6):
        state = step.state()
        if step.iteration == 3:
            break
    state["seconds"] = 1000.0
    after = list(roll(Bowl(), 6, resume=state))
    assert [step.iteration for step in after] == [4, 5, 6]
    assert 1000 < after[0].seconds < after[-1].seconds < 1100


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf, 1e9])
def test_a_loss_that_explodes_sends_it_back_to_the_best(optimizer, loss):
    bowl = Bowl(at={4}, loss=loss)
    rate = 0.05
    steps = list(roll(bowl, 8, optimizer=optimizer, rate=rate))
    assert [step.iteration for step in steps if step.note] == [4]
    assert "back to the best picture with smaller steps" in steps[3].note
    assert "\n" not in steps[3].note
    best = bowl.seen[int(np.argmin([step.loss for step in steps[:3]]))]
    np.testing.assert_array_equal(steps[3].working_picture(), to_image(best))
    # The next evaluation is of the best picture again, and the move from there is half as long.
    assert torch.equal(bowl.seen[4], best)
    first, again = ((b - a).abs().max().item() for a, b in (bowl.seen[0:2], bowl.seen[4:6]))
    assert again == pytest.approx(first / 2, rel=0.01)
    assert steps[-1].loss < steps[2].loss
    assert np.isfinite(steps[-1].working_picture()).all()


@pytest.mark.parametrize("stop", [4, 5, 6, 7])
def test_a_run_resumed_after_a_divergence_ends_the_same(stop):
    """Its smaller steps included, of which a second divergence makes still smaller ones."""
    full = list(roll(Bowl(at={4, 7}), 10))
    assert [step.iteration for step in full if step.note] == [4, 7]
    for step in roll(Bowl(at={4, 7}), 10):
        if step.iteration == stop:
            state = step.state()
            break
    # The evaluations of the second part are counted anew.
    rest = list(roll(Bowl(at={7 - stop}), 10, resume=state))
    assert [step.note for step in rest] == [step.note for step in full[stop:]]
    for step, expected in zip(rest, full[stop:], strict=True):
        np.testing.assert_array_equal(step.working_picture(), expected.working_picture())


def test_a_loss_that_keeps_exploding_ends_the_level_with_the_best():
    bowl = Bowl(at=set(range(4, 100)))
    steps = list(roll(bowl, 50))
    assert len(steps) < 12
    assert steps[-1].note
    assert steps[-1].done == 1
    np.testing.assert_array_equal(steps[-1].working_picture(), to_image(bowl.seen[2]))


def test_a_real_divergence_is_survived(network, noise):
    job = Job(network, noise, iterations=(12,), learning_rate=1e12)
    steps = list(job.run())
    assert any("back to the best picture" in step.note for step in steps)
    assert np.isfinite(steps[-1].working_picture()).all()
    losses = [step.loss for step in steps if np.isfinite(step.loss)]
    picture = torch.from_numpy(steps[-1].working_picture()).movedim(-1, 0)[None].requires_grad_()
    assert sum(job.objective_at(job.levels[-1]).evaluate(picture).values()) == pytest.approx(min(losses), rel=0.25)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("loss", [np.nan, np.inf])
def test_no_loss_at_the_very_start_is_an_error(optimizer, loss):
    with pytest.raises(SfumatoError, match=r"the loss is (nan|inf) at the very start; check the weights") as error:
        list(roll(Bowl(at={1}, loss=loss), optimizer=optimizer))
    assert "\n" not in str(error.value)


def test_a_plateau_ends_a_level_early_with_a_note():
    steps = list(roll(Bowl(least=0.1), 400, rate=0.02, tolerance=0.05))
    assert 11 <= len(steps) < 100
    assert steps[-1].note == "no more to gain at this size"
    assert not any(step.note for step in steps[:-1])
    assert steps[-1].done == 1
    assert steps[-1].iteration == len(steps)
    assert len(list(roll(Bowl(least=0.1), 100, rate=0.02))) == 100


TWO = [Level(1, 6, 8, 0.5, 100), Level(2, 12, 16, 1.0, 3)]


def roll_two(**options):
    bowls = {1: Bowl(least=0.1), 2: Bowl((12, 16), least=0.1)}
    options = {"optimizer": "adam", "learning_rate": 0.02, "tolerance": 0.05} | options
    return optimize(TWO, lambda level: bowls[level.number], bowls[2].photo, **options)


def test_a_plateau_moves_on_to_the_next_size():
    steps = list(roll_two())
    coarse = [step for step in steps if step.level == 1]
    assert 11 <= len(coarse) < 100
    assert coarse[-1].note == "no more to gain at this size"
    assert coarse[-1].done == pytest.approx(100 * 48 / (100 * 48 + 3 * 192))
    assert [step.iteration for step in steps[len(coarse) :]] == [1, 2, 3]
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == 1


def test_a_run_resumed_after_a_plateau_goes_to_the_next_size():
    for step in roll_two():
        if "no more to gain" in step.note:
            state = step.state()
    rest = list(roll_two(resume=state))
    assert [(s.level, s.iteration) for s in rest] == [(2, 1), (2, 2), (2, 3)]
    np.testing.assert_array_equal(rest[-1].working_picture(), step.working_picture())


def test_a_start_that_cannot_be_better_is_left_alone():
    """A gradient of exactly 0 moves nothing and breaks nothing."""
    for optimizer in ("lbfgs", "adam"):
        bowl = Bowl(color=0.2)
        steps = list(roll(bowl, 5, optimizer=optimizer))
        assert [step.loss for step in steps] == [0] * 5
        np.testing.assert_array_equal(steps[-1].working_picture(), to_image(bowl.photo))


def test_adam_takes_steps_of_the_learning_rate():
    bowl = Bowl()
    list(roll(bowl, 2, rate=0.03))
    torch.testing.assert_close(bowl.seen[1] - bowl.seen[0], torch.full((1, 3, 6, 8), 0.03), rtol=1e-3, atol=0)


def test_the_first_step_of_lbfgs_has_a_length_of_its_own_and_none_is_too_long():
    bowl = Bowl()
    list(roll(bowl, 6, optimizer="lbfgs", rate=1.0))
    lengths = [(b - a).square().mean().sqrt().item() for a, b in itertools.pairwise(bowl.seen)]
    assert lengths[0] == pytest.approx(0.02, rel=1e-3)
    assert max(lengths) <= 0.05 + 1e-6
    bowl = Bowl()
    list(roll(bowl, 3, optimizer="lbfgs", rate=0.5))
    assert (bowl.seen[1] - bowl.seen[0]).square().mean().sqrt().item() == pytest.approx(0.01, rel=1e-3)


def test_lbfgs_finds_the_bottom_of_a_bowl():
    bowl = Bowl()
    *_, last = roll(bowl, 12, optimizer="lbfgs", rate=1.0)
    assert last.loss < 1e-6
    np.testing.assert_allclose(last.working_picture(), 0.7, atol=1e-2)


def test_resize_is_the_picture_itself_at_its_own_size(noise):
    picture = noise(*SIZE)
    assert resize(picture, *SIZE) is picture


def test_resize_averages_and_stays_in_range():
    checks = (torch.arange(64).view(1, 1, 8, 8) + torch.arange(8).view(1, 1, 8, 1)).remainder(2).float()
    small = resize(checks.expand(1, 3, 8, 8), 2, 2)
    torch.testing.assert_close(small, torch.full((1, 3, 2, 2), 0.5), atol=0.02, rtol=0)
    edge = torch.zeros(1, 3, 8, 8)
    edge[..., 4:] = 1
    large = resize(edge, 32, 32)
    assert large.min() == 0
    assert large.max() == 1


def test_to_image_clips_and_copies():
    picture = torch.tensor([-0.5, 0.25, 1.5]).view(1, 3, 1, 1).expand(1, 3, 2, 4)
    image = to_image(picture)
    assert image.shape == (2, 4, 3)
    assert image.dtype == np.float32
    assert image[1, 2].tolist() == [0, 0.25, 1]
    assert image.flags.c_contiguous
    own = torch.rand(1, 3, 2, 4)
    kept = own.clone()
    to_image(own)[:] = 9
    assert torch.equal(own, kept)
