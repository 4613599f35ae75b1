#!/usr/bin/env bash
# Builds the documentation site: build/docs/site/index.html, from docs/ and the headers. Called by `./dmf docs`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
rm -rf build/docs/source
mkdir -p build/docs/source/api
cp docs/*.md docs/*.svg docs/site.css build/docs/source/
cp CONTRIBUTING.md CHANGELOG.md build/docs/source/
python3 tools/api_pages.py src/dmf build/docs/source/api
# Links to files of the repository that are no pages stay readable as text.
python3 - build/docs/source <<'PYTHON'
import re
import sys
from pathlib import Path

folder = Path(sys.argv[1])
for page in folder.rglob("*.md"):
    def kept(link):
        target = link[2].split("#")[0]
        is_page = not target or "://" in target or (page.parent / target).exists()
        return link[0] if is_page else link[1]
    text = page.read_text()
    page.write_text(re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", kept, text))
PYTHON
mkdocs build --quiet --strict
echo "build/docs/site/index.html"
