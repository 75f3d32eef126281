"""What the strict reader of small documents refuses."""

from __future__ import annotations

import pytest

from connectors.kit.xml import XmlRefused, parse


@pytest.mark.parametrize(
    "raw",
    [
        b"<?x y?><a/>",
        b"<a/><?x y?>",
        b'<?xml version="1.0"?><!--c--><?x y?><a/>',
        b"<a/><!--c--><?x y?>",
        b"<a><?x y?></a>",
        b"<a><b/>1<?x y?>000</a>",
    ],
)
def test_processing_instructions_are_refused_wherever_they_stand(raw):
    """Beside the document element too: a walk through its tree does not meet those."""
    with pytest.raises(XmlRefused) as raised:
        parse(raw)

    assert raised.value.reason == "processing-instruction"


def test_a_declaration_and_comments_are_no_instructions():
    """Half of their answers begin with a declaration, and some with a comment of their tool."""
    assert parse(b'<?xml version="1.0"?><!--made by x--><a>1</a><!--end-->').text == "1"
