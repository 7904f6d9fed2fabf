"""What every test here has: made-up inputs are the same in each run, however slow the machine.

`--hypothesis-profile=default` looks for inputs that nobody has tried yet.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")
