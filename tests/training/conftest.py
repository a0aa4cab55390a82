"""Training needs torch; without it there is nothing to test here."""

import pytest

pytest.importorskip("torch")
