"""A chat server on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.training.labelling.chat_servers import ChatHost, chat_host, label_by_word


@pytest.fixture
def host() -> Iterator[ChatHost]:
    """A server on this machine that answers well, until a test changes its behaviour."""
    with chat_host(label_by_word) as running:
        yield running
