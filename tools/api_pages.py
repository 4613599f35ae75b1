#!/usr/bin/env python3
"""Makes a Markdown page of each module's headers, from their `///` comments.

    python3 tools/api_pages.py src/dmf FOLDER

A declaration's comment becomes text (@param, @return and @throws a list), the declaration itself a block of code; of a
class its public part, with the comments on its members where they stand.
"""

import re
import sys
from pathlib import Path

# Bottom to top, as src/dmf/CMakeLists.txt has them; with what is installed for other programs first.
INSTALLED = {"api": "Models and galleries for other programs, and the C interface that Python uses",
             "search": "Galleries and exact or approximate search", "eval": "Figures from vectors and labels",
             "core": "Errors, options, files"}
INSTALLED_HEADERS = {"core": {"error.h", "file.h", "folder_lock.h", "option_table.h"}}


def entities(text):
    """[(comment lines, declaration lines)] of what stands at the top level of namespaces."""
    lines, found, comment, i = text.splitlines(), [], [], 0
    while i < len(lines):
        line = lines[i]
        if line.startswith("///"):
            comment.append(line[3:].removeprefix(" "))
            i += 1
            continue
        if comment and line.strip() and not line.startswith(("}", "#", "namespace", "extern")):
            declaration, i = take(lines, i)
            found.append((comment, declaration))
            comment = []
            continue
        if comment and line.startswith("extern"):
            found.append((comment, []))
        if not line.startswith("///"):
            comment = [] if line.strip() else comment
        i += 1
    return found


def take(lines, i):
    """The lines of a declaration that begins at line i, and the line behind it."""
    depth, taken = 0, []
    while i < len(lines):
        line = lines[i]
        taken.append(line)
        code = re.sub(r"//.*|\"(?:\\.|[^\"])*\"|'(?:\\.|[^'])*'", "", line)
        depth += code.count("{") + code.count("(") - code.count("}") - code.count(")")
        i += 1
        if depth == 0 and (code.rstrip().endswith((";", "}")) or (line.startswith("#define") and not line.endswith("\\"))):
            break
    return taken, i


def name_of(declaration):
    code = " ".join(re.sub(r"//.*", "", line) for line in declaration)
    code = re.sub(r"^(template\s*<[^>]*>\s*)", "", code.strip())
    match = re.match(r"(?:class|struct|enum class|enum|using|namespace)\s+([\w:]+)", code)
    if match:
        return match[1]
    match = re.match(r"#define\s+(\w+)", code)
    if match:
        return match[1]
    match = re.search(r"([\w:~]+)\s*\(", code)
    if match:
        return match[1] + "()"
    match = re.search(r"(\w+)\s*(?:=|;|\[|\{)", code)
    return match[1] if match else code[:40]


def public_part(declaration):
    """A class without what is private; a function without its body."""
    if not re.match(r"(template.*>\s*)?(class|struct|enum)\b", declaration[0]):
        return without_body(declaration)
    kept, is_public = [], True
    for line in declaration:
        if re.match(r"\s*(private|protected):", line):
            is_public = False
        elif re.match(r"\s*public:", line):
            is_public = True
        if is_public or line.startswith("}"):
            kept.append(line)
    return kept


def without_body(declaration):
    text = "\n".join(declaration)
    if declaration[0].startswith(("inline constexpr", "constexpr", "using", "#define")):
        return declaration
    match = re.search(r"\)\s*(?:const\s*|noexcept\s*)*\{", text)
    return (text[:match.end() - 1].rstrip() + ";").splitlines() if match else declaration


def escaped(text):
    """A comment's words are no HTML: <name> outside `code` stays what it is."""
    return "".join(piece if i % 2 else piece.replace("<", "&lt;").replace("*", "\\*")
                   for i, piece in enumerate(re.split(r"(`[^`]*`)", text)))


def prose(comment):
    """A comment as Markdown."""
    out, in_code, in_list = [], False, False
    for line in comment:
        tag = re.match(r"@(param|return|throws|note)\s*(.*)", line)
        if tag:
            if in_code:
                out.append("```")
                in_code = False
            if not in_list:
                out.append("")
                in_list = True
            rest = tag[2].strip()
            if tag[1] in ("param", "throws") and rest:
                word, _, rest = rest.partition(" ")
                label = f"`{word}`" if tag[1] == "param" else f"throws `{word}`"
                out.append(f"- {label}: {escaped(rest.strip())}")
            else:
                out.append(f"- {'gives' if tag[1] == 'return' else 'note'}: {escaped(rest)}")
        elif line.startswith("  ") and not in_list:
            if not in_code:
                out += ["", "```cpp"]
                in_code = True
            out.append(line[2:])
        else:
            if in_code and line.strip():
                out.append("```")
                in_code = False
            out.append(("  " if in_list and line.strip() else "") + (line if in_code else escaped(line.strip())))
    if in_code:
        out.append("```")
    return "\n".join(out).strip()


def module_page(folder, headers):
    text = [f"# {folder.name}", ""]
    if folder.name in INSTALLED:
        text += [f"{INSTALLED[folder.name]}. Installed for other programs: [how to link it](../install.md#in-your-own-program).", ""]
    for header in headers:
        found = [(comment, declaration) for comment, declaration in entities(header.read_text())]
        if not found:
            continue
        text += [f"## {folder.name}/{header.name}", "", f"`#include \"dmf/{folder.name}/{header.name}\"`", ""]
        for comment, declaration in found:
            if not declaration:
                text += [prose(comment), ""]
                continue
            text += [f"### {name_of(declaration)}", "", prose(comment), "", "```cpp", *public_part(declaration), "```", ""]
    return "\n".join(text)


def main(source, target):
    source, target = Path(source), Path(target)
    target.mkdir(parents=True, exist_ok=True)
    modules = re.findall(r"foreach\(module ([a-z ]+)\)", (source / "CMakeLists.txt").read_text())[0].split()
    index = ["# API", "", "From the headers' own comments. A program that links `dmf::dmf` uses the first four; the other "
             "modules are the program's own, and need libtorch's headers.", "", "| module | headers |", "|---|---|"]
    for module in [*INSTALLED, *(name for name in modules if name not in INSTALLED)]:
        headers = sorted(path for path in (source / module).glob("*.h") if not path.name.startswith("testing_"))
        if module in INSTALLED_HEADERS:
            headers.sort(key=lambda path: path.name not in INSTALLED_HEADERS[module])
        (target / f"{module}.md").write_text(module_page(source / module, headers))
        index.append(f"| [{module}]({module}.md) | {', '.join(f'`{path.name}`' for path in headers)} |")
    (target / "index.md").write_text("\n".join(index) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
