"""Threads around the work: what is bounded, what stops them, and what comes out."""

import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unblur.errors import ArgumentError, NoRoomError
from unblur.restoration import pipeline
from unblur.restoration.job import FileResult, Job
from unblur.restoration.pipeline import Gate, run_side_by_side


def job(number: int) -> Job:
    return Job(Path(f"{number}.png"), Path(f"out/{number}.png"))


def done(job: Job, tell=None) -> FileResult:
    return FileResult(job.source, job.target, "restored")


@given(count=st.integers(0, 40), workers=st.integers(1, 5))
def test_every_job_is_done_once_and_results_pass(count, workers):
    items = [
        job(n) if n % 3 else FileResult(Path(f"{n}.png"), None, "skipped") for n in range(count)
    ]
    results = list(run_side_by_side(items, done, workers=workers))
    assert sorted(str(result.source) for result in results) == sorted(
        f"{number}.png" for number in range(count)
    )
    assert sum(result.outcome == "skipped" for result in results) == len(range(0, count, 3))


def test_jobs_are_taken_only_when_a_thread_is_free():
    taken = []

    def jobs():
        for number in range(1000):
            taken.append(number)
            yield job(number)

    results = run_side_by_side(jobs(), done, workers=3)
    next(results)
    time.sleep(0.3)
    assert len(taken) <= 3 + pipeline.BACKLOG + 3
    assert len(list(results)) == 999


def test_work_and_waiting_overlap():
    def wait(job, tell):
        time.sleep(0.1)
        return done(job)

    start = time.perf_counter()
    assert len(list(run_side_by_side(map(job, range(20)), wait, workers=10))) == 20
    assert time.perf_counter() - start < 1.5


def test_the_gate_bounds_pictures_and_pixels():
    gate, inside, most = Gate(3, pixels=10), [], []
    lock = threading.Lock()

    def pass_through(pixels: int) -> None:
        with gate.passed(pixels):
            with lock:
                inside.append(pixels)
                most.append((len(inside), sum(inside)))
            time.sleep(0.01)
            with lock:
                inside.remove(pixels)

    sizes = [4, 4, 1, 1, 1, 25, 3, 3, 3, 9]
    threads = [threading.Thread(target=pass_through, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == len(sizes)
    assert max(count for count, _ in most) <= 3
    assert all(pixels <= 10 or count == 1 for count, pixels in most)


def test_tiles_are_told_in_the_thread_that_asks():
    told = []

    def work(job, tell):
        for tile in range(3):
            tell(tile, 2)
        return done(job)

    def progress(job, done, tiles):
        told.append((threading.current_thread(), job.source.name, done, tiles))

    list(run_side_by_side([job(1)], work, workers=2, progress=progress))
    assert told == [(threading.main_thread(), "1.png", tile, 2) for tile in range(3)]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_stops_the_program_is_raised_where_it_is_looked_after(error):
    def work(job, tell):
        if job.source.name == "5.png":
            raise error
        return done(job)

    results = run_side_by_side(map(job, range(100)), work, workers=2)
    with pytest.raises(error):
        list(results)
    assert not our_threads()


def test_an_error_of_the_jobs_themselves_is_raised():
    def jobs():
        yield job(1)
        raise ArgumentError("folder: is gone")

    with pytest.raises(ArgumentError, match="is gone"):
        list(run_side_by_side(jobs(), done, workers=2))


def test_who_stops_asking_stops_the_work_at_the_next_tile():
    began, unwound = threading.Event(), []

    def work(job, tell):
        try:
            for tile in range(10_000):
                began.set()
                tell(tile, 10_000)
                time.sleep(0.001)
        except BaseException as error:
            unwound.append(error)
            raise
        return done(job)

    def first_then_work(job, tell):
        return done(job) if job.source.name == "0.png" else work(job, tell)

    results = run_side_by_side(map(job, range(10)), first_then_work, workers=2)
    next(results)
    began.wait(30)
    start = time.perf_counter()
    results.close()
    assert time.perf_counter() - start < 2
    assert unwound
    assert not our_threads()


def test_a_full_disk_stops_the_batch_after_the_result_that_tells_it():
    def work(job, tell):
        error = NoRoomError("out/3.png: cannot be written: No space left on device")
        outcome = "failed" if job.source.name == "3.png" else "restored"
        return FileResult(
            job.source, job.target, outcome, error=error if outcome == "failed" else None
        )

    results = run_side_by_side(map(job, range(100)), work, workers=1)
    seen = []
    with pytest.raises(NoRoomError, match="make room"):
        seen.extend(results)  # keeps those before the error
    assert [result.outcome for result in seen] == ["restored"] * 3 + ["failed"]


def our_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("unblur-")]
