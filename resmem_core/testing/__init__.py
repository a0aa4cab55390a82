"""The checks that a store has to pass: for whoever writes one (extra `testing`).

Derive from `StoreConformance`, say how an empty store is made, and let pytest run it:

    import pytest
    from resmem_core.testing import StoreConformance

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def factory(self, tmp_path):
            return lambda: MyStore(tmp_path / uuid4().hex)

`__all__` is public; the modules below are private.
"""

from resmem_core.errors import missing_extra

try:
    import pytest
except ModuleNotFoundError as error:
    raise missing_extra("testing", "pytest") from error

for _name in ("_calls", "_documents", "_model", "_rows"):
    pytest.register_assert_rewrite(f"{__name__}.{_name}")

from resmem_core.engine.base.clock import ManualClock  # noqa: E402 - after the rewriting is asked for
from resmem_core.testing.conformance import StoreConformance  # noqa: E402

__all__ = ["ManualClock", "StoreConformance"]
