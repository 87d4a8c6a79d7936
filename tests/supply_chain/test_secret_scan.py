"""No tracked file has a password or a key, and one that had would be found."""

from __future__ import annotations

import secrets
import string
from pathlib import Path

import pytest

from tests.supply_chain import secret_scan
from tests.supply_chain.secret_scan import INVENTED, NO_TEXT, ROOT, changed_files, main, scan, tracked_files


def random_text(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))


# Put together here, so that this file has none of them.
PLANTED = {
    "key of AWS": lambda: f"aws = '{'AKIA'}{random_text(16, string.ascii_uppercase + string.digits)}'",
    "token of GitHub": lambda: f"token: {'ghp'}_{random_text(36)}",
    "private key": lambda: f"-----BEGIN {'RSA PRIVATE'} KEY-----\n{random_text(64)}",
    "address with a password": lambda: f"url = 'postgresql://ade:{random_text(12)}@db.example/ade'",
    "field with a password": lambda: f'{{"password": "{random_text(20)}"}}',
    "setting": lambda: f"ADE_KAFKA__PASSWORD = '{random_text(20)}'",
    "random bytes in base64": lambda: f'value = "{random_text(60)}"',
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found_and_not_shown(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings.py"
    planted = PLANTED[kind]()
    file.write_text(f"x = 1\n{planted}\n")
    assert main([str(file)]) == 1
    output = capsys.readouterr().out
    assert f"{file}:2: " in output
    assert planted not in output
    assert not any(word in output for word in planted.split("'") if len(word) > 11)


def test_invented_values_do_not_count(tmp_path: Path) -> None:
    file = tmp_path / "test_login.py"
    file.write_text("".join(f"password = '{word}'\n" for word in sorted(INVENTED) if "\\" not in word))
    assert main([str(file)]) == 0


def test_no_file_of_the_newest_commits_has_a_secret() -> None:
    files = changed_files(commits=10)
    assert scan([name for name in files if not NO_TEXT.search(name) and (ROOT / name).exists()]) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_tracked_file_has_a_secret() -> None:
    assert scan([name for name in tracked_files() if not NO_TEXT.search(name)]) == []


def test_without_names_all_tracked_files_are_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    scanned: list[str] = []
    monkeypatch.setattr(secret_scan, "scan", lambda files: scanned.extend(files) or [])
    assert main([]) == 0
    assert {"README.md", "monitor/errors.py", "docker-compose.yml"} <= {*scanned}
    assert not any(name.endswith(".safetensors") for name in scanned)
