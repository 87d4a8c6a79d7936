"""The watch notices another topic of the same name, and reads it from its start."""

from __future__ import annotations

from structlog.testing import capture_logs

from monitor.errors import FatalError, RetryableError
from monitor.kafka import TopicIdentity, commit_note, noted_in, noted_topic
from monitor.settings import KafkaSettings
from monitor.stream.positions.topic_watch import TopicWatch

FIRST, SECOND, GONE = TopicIdentity("one", 4), TopicIdentity("two", 4), TopicIdentity(None, 0)


class Reader:
    """A consumer that has read a topic."""

    def __init__(self) -> None:
        self.topic: TopicIdentity | None = FIRST
        self.lacks_topic = False
        self.started: list[TopicIdentity] = []
        self.sought: list[TopicIdentity] = []

    async def read_from_start(self, topic: TopicIdentity) -> None:
        self.topic = topic
        self.started.append(topic)

    async def seek_in_topic(self, topic: TopicIdentity) -> None:
        self.topic, self.lacks_topic = topic, False
        self.sought.append(topic)


async def watch(
    reader: Reader, *topics: TopicIdentity | Exception, policy: str = "earliest"
) -> list[BaseException]:
    """Look once for each of `topics`, and return the errors that end the process."""
    failures: list[BaseException] = []
    seen = iter(topics)

    async def fail(error: BaseException) -> None:
        failures.append(error)

    def look_up(_: KafkaSettings) -> TopicIdentity:
        topic = next(seen)
        if isinstance(topic, Exception):
            raise topic
        return topic

    settings = KafkaSettings.model_validate({"on_offset_reset": policy})
    topic_watch = TopicWatch(settings, reader=lambda: reader, fail=fail, look_up=look_up)
    for _ in topics:
        await topic_watch.look()
    return failures


async def test_the_same_topic_is_left_alone() -> None:
    reader = Reader()
    with capture_logs() as lines:
        assert await watch(reader, FIRST, RetryableError("away"), FIRST) == []
    assert (reader.started, lines) == ([], [])


async def test_another_topic_is_read_from_its_start_once() -> None:
    reader = Reader()
    with capture_logs() as lines:
        assert await watch(reader, FIRST, GONE, SECOND, SECOND) == []
    assert reader.started == [SECOND]
    assert [line["log_level"] for line in lines] == ["error", "info", "error"]


async def test_a_worker_that_started_without_the_id_of_its_topic_learns_it() -> None:
    reader = Reader()
    reader.topic = None
    assert await watch(reader, FIRST) == []
    assert reader.sought == []  # it reads nothing yet
    reader.lacks_topic = True
    assert await watch(reader, RetryableError("away"), GONE, FIRST, FIRST) == []
    assert (reader.sought, reader.started) == ([FIRST], [])


async def test_with_the_policy_stop_another_topic_ends_the_process() -> None:
    reader = Reader()
    [failure] = await watch(reader, SECOND, policy="stop")
    assert isinstance(failure, FatalError)
    assert reader.started == []


async def test_more_partitions_are_logged() -> None:
    with capture_logs() as lines:
        await watch(Reader(), FIRST, TopicIdentity("one", 9))
    assert [(line["before"], line["now"]) for line in lines] == [(4, 9)]


def test_a_broker_without_ids_of_topics_proves_nothing() -> None:
    assert not TopicIdentity(None, 4).replaces("one")
    assert not FIRST.replaces(None)
    assert SECOND.replaces("one")


def test_the_note_of_a_commit_names_the_topic() -> None:
    assert noted_topic(commit_note("one")) == "one"
    assert [noted_topic(note) for note in (commit_note(None), None, "", "of somebody else")] == [None] * 4


def test_the_notes_of_several_offsets_name_one_topic_or_none() -> None:
    first, second, unknown = commit_note("one"), commit_note("two"), commit_note(None)
    assert noted_in([first, unknown, first, "of somebody else"]) == "one"
    assert [noted_in(notes) for notes in ([], [unknown], [first, second])] == [None] * 3
