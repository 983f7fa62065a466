"""Positions as people write them."""

import pytest

from territorio.posicion import PosicionInvalida, leer_posicion

PLAZA = (-16.5, -68.15)


@pytest.mark.parametrize(
    "texto",
    [
        "-16.5, -68.15", "-16.500000, -68.150000", "-16,500000 -68,150000", "-16,5; -68,15", "-16,5 -68,15",
        "-16,5,-68,15", "(-16.5, -68.15)", "Lat: -16.5 Lon: -68.15",
        "16.5 S 68.15 O", "S16.5 W68.15", "68.15 W, 16.5 S", "-68.15 -16.5", "16,5 68,15", "−16.5, −68.15",
        "16°30'00\" S 68°09'00\" O", "16 30 0 S, 68 9 0 W", "16° 30' S, 68° 9.0' O", "-16°30'0\", -68°9'0\"",
        "68º09’00” O 16º30’00” S",
    ],
)  # fmt: skip
def test_degrees_in_every_usual_hand(texto):
    punto = leer_posicion(texto).punto
    assert (punto.y, punto.x) == pytest.approx(PLAZA, abs=1e-6)
    assert punto.srid == 4326


@pytest.mark.parametrize(
    "texto",
    [
        "19K 590000 8175000", "590000 8175000 zona 19", "E 590000 N 8175000 19S", "19590000 8175000",
        "8175000 590000 19", "590000,0 8175000,00 19",
    ],
)  # fmt: skip
def test_utm_with_its_zone(texto):
    # pyproj.Transformer.from_crs(32719, 4326, always_xy=True).transform(590000, 8175000)
    punto = leer_posicion(texto).punto
    assert (punto.y, punto.x) == pytest.approx((-16.505131, -68.156692), abs=1e-5)


def test_psad56_is_taken_to_wgs84():
    wgs, psad = (leer_posicion(f"{datum} 19 590000 8175000").punto for datum in ("", "PSAD56"))
    assert (wgs.y - psad.y) * 110_600 == pytest.approx(380, abs=25)  # metres: dominio.md, section 3
    assert (wgs.x - psad.x) * 106_700 == pytest.approx(190, abs=25)


@pytest.mark.parametrize(
    ("texto", "dicho"),
    [
        ("", "Escriba la latitud"), ("hola", "No se entiende"), ("nan nan", "No se entiende"),
        ("1e5 3", "No se entiende"), ("-16.5", "No se entiende"), ("9" * 5000, "No se entiende"),
        ("0 0", "fuera de Bolivia"), ("91 200", "fuera de Bolivia"), ("-16.5 -98", "fuera de Bolivia"),
        ("16 75 0 S 68 0 0 O", "de 0 a 59"), ("590000 8175000", "Falta la zona"), ("19 999999 9999999", "fuera"),
    ],
)  # fmt: skip
def test_what_is_no_position_is_told_how_to_write_one(texto, dicho):
    with pytest.raises(PosicionInvalida, match=dicho):
        leer_posicion(texto)
