"""Restore a folder with one restorer, go on after a bad file, and list what failed."""

from pathlib import Path

import unblur

PICTURES = Path(__file__).parent / "pictures"

plan = unblur.plan_batch([PICTURES], "sharp")
restorer = unblur.Restorer()
results = [*plan.settled, *unblur.restore_batch(plan.jobs, restorer)]

for result in results:
    print(f"{result.outcome:9} {result.source.name}  {result.seconds:.1f} s  {result.reason}")
