"""PDFs for the tests, written by hand."""

import io
import zlib

import pypdf


def pdf(*pages: str, font: str = "", more: str = "") -> bytes:
    """Return a PDF with a line of text on each page."""
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica{font}>>",
    ]
    for at, words in enumerate(pages):
        drawing = f"BT /F1 12 Tf 20 50 Td ({words}) Tj ET" if words else ""
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents {5 + 2 * at} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>",
            f"<</Length {len(drawing)}>>\nstream\n{drawing}\nendstream",
        ]
    return written([*objects, more])


def written(objects: list[str]) -> bytes:
    """Return a PDF file of these objects, with its cross-reference table."""
    made, places = "%PDF-1.4\n", ""
    for number, body in enumerate(objects, start=1):
        places += f"{len(made):010} 00000 n \n"
        made += f"{number} 0 obj\n{body}\nendobj\n"
    size = len(objects) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{places}trailer\n<</Size {size}/Root 1 0 R>>\n"
    return f"{made}{table}startxref\n{len(made)}\n%%EOF\n".encode("latin-1")


def packed(drawing: bytes, pages: int = 1) -> bytes:
    """Return a PDF whose pages are all the same, compressed as most are."""
    small = zlib.compress(b"BT /F1 9 Tf " + drawing + b" ET", 9).decode("latin-1")
    return written(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Kids[{'4 0 R ' * pages}]/Count {pages}>>",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 5 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>",
            f"<</Filter/FlateDecode/Length {len(small)}>>\nstream\n{small}\nendstream",
        ]
    )


def encrypted(password: str, algorithm: str = "RC4-128") -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("Secret")))
    writer.encrypt(password, "owner", algorithm=algorithm)
    writer.write(made := io.BytesIO())
    return made.getvalue()


def bomb(filling: bytes = b" ", size: int = 70_000_000, pages: int = 500) -> bytes:
    """Return a small PDF whose pages share one stream that unpacks to very much."""
    small = zlib.compress(filling * (size // len(filling)), 9).decode("latin-1")
    return shared(f"<</Filter/FlateDecode/Length {len(small)}>>\nstream\n{small}\nendstream", pages)


def shared(stream: str, pages: int) -> bytes:
    """Return a PDF whose pages, each an object of its own, share one stream."""
    kids = " ".join(f"{at} 0 R" for at in range(5, 5 + pages))
    page = (
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R"
        "/Resources<</Font<</F1 3 0 R>>>>>>"
    )
    return written(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Kids[{kids}]/Count {pages}>>",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            stream,
            *[page] * pages,
        ]
    )


def forms(depth: int, times: int, drawing: str) -> bytes:
    """Return a PDF with nested forms, each of which draws the next one so many times."""
    first = 5
    parts = [f"/X{at} Do\n" * times for at in range(1, depth)] + [drawing]

    def form(at: int, head: str) -> str:
        inner = f"/XObject<</X{at + 1} {first + at + 1} 0 R>>" if at + 1 < depth else ""
        return (
            f"<</Type/XObject/Subtype/Form/BBox[0 0 300 100]{head}/Resources<<{inner}"
            f"/Font<</F1 3 0 R>>>>/Length {len(parts[at])}>>\nstream\n{parts[at]}\nendstream"
        )

    return written(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[4 0 R]/Count 1>>",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 5 0 R"
            "/Resources<</XObject<</X1 6 0 R>>/Font<</F1 3 0 R>>>>>>",
            *[form(at, "") for at in range(depth)],
        ]
    )
