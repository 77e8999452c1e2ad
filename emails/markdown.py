"""An author's Markdown as HTML for the letter and as plain text for its twin."""

import textwrap
from functools import cache, lru_cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from markupsafe import Markup

WIDTH = 72


@cache
def _parser() -> MarkdownIt:
    # No raw HTML: a letter is words. XHTML, because MJML reads its contents as XML.
    return MarkdownIt("commonmark", {"html": False, "xhtmlOut": True})


@lru_cache(maxsize=500)
def to_html(source: str) -> Markup:
    return Markup(_parser().render(source))  # noqa: S704  the parser escapes; raw HTML is off


def to_text(source: str) -> str:
    """The same words for a plain-text reader, wrapped for mail."""
    tree = SyntaxTreeNode(_parser().parse(source))
    return "\n\n".join(_block(node) for node in tree.children)


def of_plain(words: str) -> Markup:
    """Words that are no Markdown: as they stand, line by line."""
    return Markup("<br />").join(words.split("\n"))


def paragraphs(source: str) -> list[str]:
    """The words alone, each paragraph, heading and item of a list for itself, in one line."""
    tree = SyntaxTreeNode(_parser().parse(source))
    return [_inline(node) for node in tree.walk() if node.type == "inline"]


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "heading":
            title = _inline(node)
            return f"{title}\n{'-' * len(title)}"
        case "bullet_list":
            return "\n".join(_item(item, "- ") for item in node.children)
        case "ordered_list":
            first = int(node.attrGet("start") or 1)
            return "\n".join(_item(item, f"{n}. ") for n, item in enumerate(node.children, first))
        case "blockquote":
            return textwrap.indent("\n\n".join(map(_block, node.children)), "    ")
        case "hr":
            return "* * *"
        case "code_block" | "fence":
            return textwrap.indent(node.content.rstrip("\n"), "    ")
        case _:
            return wrap(_inline(node))


def _item(node: SyntaxTreeNode, sign: str) -> str:
    body = "\n".join(_block(child) for child in node.children)
    return sign + textwrap.indent(body, " " * len(sign)).lstrip()


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":
            return node.content
        case "link":
            words = "".join(map(_inline, node.children))
            address = str(node.attrGet("href") or "")
            return words if words == address else f"{words} ({address})"
        case _:
            return "".join(map(_inline, node.children))


def wrap(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False) for line in lines
    )
