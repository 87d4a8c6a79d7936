"""A bundle's folder appears whole or not at all."""

from pathlib import Path

import pytest

from models.bundle.disk import write_folder


@pytest.mark.parametrize("at", [1, 2])
def test_ctrl_c_between_the_renames_leaves_the_old_bundle(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "bundle", {"config.json": b"old"})
    rename, count = Path.rename, iter(range(1, 100))

    def interrupted(self: Path, target: Path) -> Path:
        if next(count) == at:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_folder(tmp_path / "bundle", {"config.json": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert (tmp_path / "bundle" / "config.json").read_bytes() == b"old"
