"""Content is found as given, then in the working folder, then in the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from faultsim import library
from faultsim.errors import UsageError


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touched(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_path_is_taken_as_given(workspace: Path) -> None:
    mine = touched(workspace / "elsewhere" / "mine.toml")
    assert library.find("campaigns", str(mine)) == mine
    assert library.find("campaigns", "elsewhere/mine.toml").resolve() == mine


@pytest.mark.parametrize(("kind", "name"), [("circuits", "crossbar4"), ("campaigns", "lats2024"), ("defects", "open")])
def test_a_name_is_found_in_the_library(kind: str, name: str, workspace: Path) -> None:
    assert library.find(kind, name) == library.root() / library.FOLDERS[kind] / f"{name}.toml"


@pytest.mark.parametrize(("kind", "name"), [("circuits", "crossbar4"), ("campaigns", "lats2024"), ("defects", "open")])
def test_the_working_folder_comes_before_the_library(kind: str, name: str, workspace: Path) -> None:
    mine = touched(workspace / library.FOLDERS[kind] / f"{name}.toml")
    assert library.find(kind, name) == mine


def test_an_unknown_name_is_a_usage_error_with_what_was_meant(workspace: Path) -> None:
    with pytest.raises(UsageError) as refused:
        library.find("circuits", "crosbar4")
    assert str(refused.value).startswith("no circuit named 'crosbar4': no such file, and not in the library")
    assert "did you mean crossbar4" in str(refused.value)
    assert refused.value.exit_code == 2


def test_what_looks_like_a_path_is_no_such_file(workspace: Path) -> None:
    with pytest.raises(UsageError, match=r"^no campaign named 'my/own': no such file$"):
        library.find("campaigns", "my/own")
    with pytest.raises(
        UsageError, match=r"^no campaign named 'lats2024.toml': no such file; lats2024 alone is the lib"
    ):
        library.find("campaigns", "lats2024.toml")


def test_a_folder_is_said_to_be_one_unless_its_name_is_known(workspace: Path) -> None:
    (workspace / "mine").mkdir()
    with pytest.raises(UsageError, match=r"^mine is a folder; a campaign is named by its \.toml file$"):
        library.find("campaigns", "mine")
    (workspace / "lats2024").mkdir()
    assert library.find("campaigns", "lats2024").is_file()


def test_a_circuit_is_no_campaign_and_those_on_it_are_named(workspace: Path) -> None:
    touched(workspace / "circuits" / "networks" / "mine.toml")
    with pytest.raises(
        UsageError, match=r"^mine is a circuit, not a campaign \(no campaign of the library is on it\)$"
    ):
        library.find("campaigns", "mine")
    touched(workspace / "campaigns" / "broken.toml").write_text("circuit = ")
    touched(workspace / "campaigns" / "on_mine.toml").write_text('circuit = "mine"')
    with pytest.raises(UsageError, match=r"\(campaigns on it: on_mine\)$"):
        library.find("campaigns", "mine")


def test_a_file_is_called_by_its_name_where_that_finds_it(workspace: Path) -> None:
    known = library.find("circuits", "crossbar4")
    assert library.called("circuits", known) == "crossbar4"
    mine = touched(workspace / "circuits" / "networks" / "crossbar4.toml")
    assert library.called("circuits", mine) == "crossbar4"
    assert library.called("circuits", known) == str(known)
    assert library.called("circuits", Path("my own.toml")) == "my own.toml"


def test_a_name_of_the_working_folder_is_meant_too(workspace: Path) -> None:
    touched(workspace / "campaigns" / "my_own.toml")
    with pytest.raises(UsageError, match=r"did you mean my_own\?"):
        library.find("campaigns", "my_onw")


def test_where_nothing_is_near_all_names_are_said(workspace: Path) -> None:
    with pytest.raises(UsageError, match=r"no defect named 'zzz'.*known: .*open"):
        library.find("defects", "zzz")


def test_names_are_those_of_both_places_sorted_and_without_repeats(workspace: Path) -> None:
    in_library = library.names("campaigns")
    touched(workspace / "campaigns" / "a_first.toml")
    touched(workspace / "campaigns" / "lats2024.toml")
    touched(workspace / "campaigns" / "notes.txt")
    assert library.names("campaigns") == sorted(["a_first", *in_library])
    assert "lats2024" in in_library


def test_the_root_of_a_checkout_is_the_folder_around_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(library, "__file__", str(touched(tmp_path / "faultsim" / "library.py")))
    assert library.root() == tmp_path


def test_the_root_of_an_installed_package_is_its_own_library(monkeypatch: pytest.MonkeyPatch, workspace: Path) -> None:
    site_packages = workspace / "site-packages"
    monkeypatch.setattr(library, "__file__", str(touched(site_packages / "faultsim" / "library.py")))
    bundled = touched(site_packages / "faultsim" / "_library" / "campaigns" / "packed.toml")
    assert library.root() == site_packages / "faultsim" / "_library"
    assert library.find("campaigns", "packed") == bundled
    assert library.names("campaigns") == ["packed"]


def test_every_kind_of_this_installation_that_has_files_can_be_named(workspace: Path) -> None:
    for kind, folder in library.FOLDERS.items():
        stems = {path.stem for path in (library.root() / folder).glob("*.toml")}
        assert stems == set(library.names(kind))
