"""An Apache Kafka that allows nothing without an ACL, and the ACLs that docs/security.md lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from pydantic import SecretStr

from monitor.embedded import free_port
from monitor.settings import KafkaSettings
from tests.apache_kafka import ApacheKafka

PAGE: Final = Path(__file__).parents[1] / "docs" / "security.md"
USERS: Final = ("ade-worker", "ade-feed", "ade-topics", "ade-letters", "ade-doctor")
PASSWORD: Final = "of-a-test"
_LINE: Final = re.compile(r"^(User:\S+) +(\w+) +(topic|group|cluster) +(\S+)$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Right:
    """One operation on one resource.

    Attributes:
        user: name of the user.
        operation: as Kafka's tools write it, such as `Read`.
        kind: `topic`, `group` or `cluster`.
        name: of the resource.
    """

    user: str
    operation: str
    kind: str
    name: str


def documented_rights(user: str, settings: KafkaSettings) -> list[Right]:
    """Return the rights of a user on the page, for the topic and the group of the settings."""
    page = PAGE.read_text(encoding="utf-8")
    names = {
        "tweets": settings.topic,
        "tweets.dlq": settings.dead_letter_topic,
        "ade-monitor": settings.group_id,
    }
    return [
        Right(name, operation, kind, names.get(resource, resource))
        for principal, operation, kind, resource in _LINE.findall(page)
        if (name := principal.removeprefix("User:")) == user
    ]


class RestrictedKafka:
    """A broker with an authorizer; port `login` knows `USERS`, and the other one may do everything.

    Args:
        home: folder of the distribution.
        folder: for its data.
    """

    def __init__(self, home: Path, folder: Path) -> None:
        self.login = free_port()
        users = " ".join(f'user_{name}="{PASSWORD}"' for name in USERS)
        addresses = f"PLAINTEXT://127.0.0.1:{{port}},LOGIN://127.0.0.1:{self.login}"
        self.server = ApacheKafka(
            home,
            folder,
            settings={
                "listeners": f"{addresses},CONTROLLER://127.0.0.1:{{controller}}",
                "advertised.listeners": addresses,
                "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,"
                "LOGIN:SASL_PLAINTEXT",
                "listener.name.login.sasl.enabled.mechanisms": "PLAIN",
                "listener.name.login.plain.sasl.jaas.config": "org.apache.kafka.common.security.plain."
                f"PlainLoginModule required {users};",
                "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users": "User:ANONYMOUS",
            },
        )

    def settings(self, user: str, like: KafkaSettings) -> KafkaSettings:
        """Return settings with the login of a user."""
        return like.model_copy(
            update={
                "bootstrap_servers": f"127.0.0.1:{self.login}",
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "PLAIN",
                "username": user,
                "password": SecretStr(PASSWORD),
            }
        )

    def open(self, like: KafkaSettings) -> KafkaSettings:
        """Return settings of the port that allows everything."""
        return like.model_copy(update={"bootstrap_servers": self.server.bootstrap})

    def allow(self, rights: Sequence[Right]) -> None:
        """Remove all rights, and add these."""
        admin = KafkaAdminClient(bootstrap_servers=self.server.bootstrap)
        everything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        admin.delete_acls([ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, everything)])
        if rights:
            admin.create_acls([_acl(right) for right in rights])
        admin.close()


def _acl(right: Right) -> ACL:
    operation = re.sub(r"(?<!^)(?=[A-Z])", "_", right.operation).upper()
    resource = ResourcePattern(ResourceType[right.kind.upper()], right.name)
    return ACL(f"User:{right.user}", "*", ACLOperation[operation], ACLPermissionType.ALLOW, resource)
