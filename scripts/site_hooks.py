"""What MkDocs calls while it builds the site: pages are made, and links out of docs/ lead to pages, too."""

from __future__ import annotations

import re
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from reference.pages import BESIDE, pages
from reference.words import Untold

_LINK = re.compile(r"\]\((?:\.\./)*(" + "|".join(map(re.escape, BESIDE.values())) + r")(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    try:
        for address, text in pages():
            files.append(File.generated(config, address, content=text))
    except Untold as error:
        raise PluginError(f"docs/reference/words.toml:\n{error}") from error
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links to files beside docs/ to their pages."""
    up = "../" * page.file.src_uri.count("/")
    shown = {file: address for address, file in BESIDE.items()}
    return _LINK.sub(lambda link: f"]({up}{shown[link[1]]}{link[2] or ''})", markdown)
