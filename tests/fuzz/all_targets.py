"""Everything that reads bytes from outside. A new reader gets a line in one of these lists."""

from __future__ import annotations

from typing import Final

from tests.fuzz.bundle_targets import BUNDLE_TARGETS
from tests.fuzz.corpus_targets import CORPUS_TARGETS
from tests.fuzz.file_targets import FILE_TARGETS
from tests.fuzz.fuzz_target import FuzzTarget
from tests.fuzz.label_targets import LABEL_TARGETS
from tests.fuzz.message_targets import MESSAGE_TARGETS
from tests.fuzz.platform_targets import PLATFORM_TARGETS
from tests.fuzz.service_targets import SERVICE_TARGETS
from tests.fuzz.settings_targets import SETTINGS_TARGETS
from tests.fuzz.terminology_targets import TERMINOLOGY_TARGETS

ALL_TARGETS: Final[dict[str, FuzzTarget]] = {
    target.name: target
    for target in (
        *MESSAGE_TARGETS,
        *FILE_TARGETS,
        *LABEL_TARGETS,
        *PLATFORM_TARGETS,
        *SERVICE_TARGETS,
        *SETTINGS_TARGETS,
        *BUNDLE_TARGETS,
        *CORPUS_TARGETS,
        *TERMINOLOGY_TARGETS,
    )
}
"""The targets by name."""
