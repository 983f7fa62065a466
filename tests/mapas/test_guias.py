"""The guides: open to all, to read and to print."""

import pytest

from mapas.views.ayuda import GUIAS


@pytest.mark.parametrize("cual", GUIAS)
def test_a_guide_is_read_and_printed_by_anybody(client, muni, cual):
    assert GUIAS[cual] in client.get(f"/ayuda/{cual}/").content.decode()
    impresa = client.get(f"/ayuda/{cual}.pdf")
    assert impresa["Content-Type"] == "application/pdf"
    assert impresa.content.startswith(b"%PDF")


def test_where_there_is_no_municipality_yet_it_prints_all_the_same(client, db):
    assert client.get("/ayuda/cartilla.pdf").content.startswith(b"%PDF")
