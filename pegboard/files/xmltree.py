"""XML from strangers: no document type, no second namespace, no element twice where one belongs."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from pegboard.errors import InputError

#: The only place where ISO 20022 lets a bank put elements of its own; it is not read.
_ASIDE = "SplmtryData"
_MAX_DEPTH = 40


@dataclass
class Node:
    """An element: its local name, its attributes, its text and the elements in it."""

    name: str
    namespace: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def every(self, name: str) -> list[Node]:
        """The elements of this name directly in it."""
        return [child for child in self.children if child.name == name]

    def one(self, *path: str) -> Node | None:
        """The only element at a path, if there is one; a second one would make it a choice."""
        node = self
        for name in path:
            found = node.every(name)
            if len(found) > 1:
                raise InputError(f"{'/'.join(path)} has {name} {len(found)} times, not once")
            if not found:
                return None
            node = found[0]
        return node

    def leaf(self, *path: str) -> str | None:
        """The text at a path, exactly as written; None where there is no such element."""
        node = self.one(*path)
        if node is not None and node.children:
            raise InputError(f"{'/'.join(path)} holds elements where it should hold a value")
        return None if node is None else node.text


class _Builder:
    """Turns expat's events into nodes."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        node = Node(local, namespace, attributes)
        if self.root is None:
            self.root = node
        elif namespace != self.root.namespace and all(n.name != _ASIDE for n in self._open):
            raise InputError(f"{local!a} belongs to another namespace than the rest of the file")
        if len(self._open) >= _MAX_DEPTH:
            raise InputError(f"its elements are nested more than {_MAX_DEPTH} deep")
        if self._open:
            self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, name: str) -> None:  # noqa: ARG002 - expat hands it over
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].text += text


def _no_doctype(*_: object) -> None:
    raise InputError("it declares a document type (DTD), which a bank's statement never does")


def parse(data: bytes) -> Node:
    """The root of a document; entities cannot be declared, so nothing can expand or be fetched."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat takes no keyword
    except expat.ExpatError as fault:
        raise InputError(f"it is not well-formed XML: {fault}") from fault
    except (LookupError, ValueError) as fault:
        raise InputError(f"its encoding is not known: {fault}; UTF-8 always is") from fault
    if builder.root is None:
        raise InputError("it holds no element")
    return builder.root
