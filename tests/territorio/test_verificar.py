"""`verificar` recomputes what is stored: green when sound, red after an edit by hand, green again after `relocalizar`."""

# ruff: noqa: E501 (a statement of SQL reads best whole)

import io

import pytest
from django.core.management import call_command
from django.db import connection

from demandas.models import Demanda
from proyectos.models import Proyecto
from territorio.models import Limite, UnidadTerritorial
from tests import hechos
from tests.mundo import cuadro, linea, punto, unidad

pytestmark = pytest.mark.django_db


def verificar() -> tuple[int, str]:
    salida = io.StringIO()
    try:
        call_command("verificar", stdout=salida)
    except SystemExit as e:
        return int(e.code), salida.getvalue()
    return 0, salida.getvalue()


def sql(consulta: str, *parametros) -> int:
    with connection.cursor() as cursor:
        cursor.execute(consulta, parametros)
        return cursor.rowcount


@pytest.fixture
def todo(muni, oeste, este):
    """Units that overlap, units with a point and with nothing; demands and projects of every shape."""
    unidad("otb", "a", cuadro(0, 0, 1.5, 1), municipio=muni, padre=oeste)
    unidad("otb", "b", cuadro(1, 0, 1.5, 1), municipio=muni, padre=oeste)
    cota = unidad("comunidad", "c", punto(3, 1), municipio=muni, padre=este)
    unidad("comunidad", "x", None, municipio=muni, padre=oeste)
    hechos.demanda(muni, "p", punto(1.2, 0.5))
    hechos.demanda(muni, "a", cuadro(0.5, 0, 2, 1))
    hechos.demanda(muni, "u", proponente=cota)
    hechos.demanda(muni, "n")
    hechos.proyecto(muni, "l", linea((0.5, 0.5), (3, 0.5)))
    hechos.proyecto(muni, "f", punto(9, 9))
    return muni


def test_a_sound_base_is_green(todo):
    codigo, texto = verificar()
    assert (codigo, "Todo coincide." in texto, "FALLA" in texto) == (0, True, False)


def test_an_empty_base_is_green(db):
    assert verificar()[0] == 0


EDICIONES = {
    "a demand moved": ("UPDATE demandas_demanda SET punto = ST_SetSRID(ST_Point(-64.97, -16.99), 4326) WHERE codigo = 'p'", "demandas"),
    "a project moved": ("UPDATE proyectos_proyecto SET punto = ST_SetSRID(ST_Point(-64.97, -16.99), 4326) WHERE codigo = 'f'", "proyectos"),
    "a limit moved": ("UPDATE territorio_limite SET geom = ST_Translate(geom, 0.004, 0) WHERE unidad_id = (SELECT id FROM territorio_unidadterritorial WHERE codigo = '1')", "unidades"),
    "an overlapping limit moved": ("UPDATE territorio_limite SET geom = ST_Translate(geom, 0.002, 0) WHERE unidad_id = (SELECT id FROM territorio_unidadterritorial WHERE codigo = 'b')", "demandas"),
    "a limit deleted": ("UPDATE territorio_limite SET sustituido = now() WHERE unidad_id = (SELECT id FROM territorio_unidadterritorial WHERE codigo = '1')", "demandas"),
    "a community's point moved": ("UPDATE territorio_unidadterritorial SET punto = ST_SetSRID(ST_Point(-64.995, -16.99), 4326) WHERE codigo = 'c'", "unidades"),
    "a stored part changed": ("UPDATE demandas_demandaunidad SET fraccion = fraccion / 2", "demandas"),
    "a stored row deleted": ("DELETE FROM proyectos_proyectounidad", "proyectos"),
    "a flag changed": ("UPDATE demandas_demandaunidad SET en_disputa = NOT en_disputa", "demandas"),
    "a way of placing changed": ("UPDATE demandas_demanda SET ubicada_por = 'sin_ubicar' WHERE codigo = 'p'", "demandas"),
    "a placed one called unlocated": ("UPDATE demandas_demanda SET ubicada_por = 'sin_ubicar' WHERE codigo = 'u'", "demandas"),
    "a declared one called by its own place": ("UPDATE demandas_demanda SET ubicada_por = 'propia' WHERE codigo = 'u'", "demandas"),
    "an unlocated one called placed by its unit": ("UPDATE demandas_demanda SET ubicada_por = 'unidad' WHERE codigo = 'n'", "demandas"),
    "an unlocated one called located": ("UPDATE demandas_demanda SET ubicada_por = 'propia' WHERE codigo = 'n'", "demandas"),
    "another parent": ("UPDATE territorio_unidadterritorial SET padre_id = (SELECT id FROM territorio_unidadterritorial WHERE codigo = '2') WHERE codigo = 'x'", "unidades"),
}  # fmt: skip


@pytest.mark.parametrize("que", EDICIONES)
def test_an_edit_by_hand_is_found_and_relocalizar_mends_it(todo, que):
    consulta, falla = EDICIONES[que]
    assert sql(consulta) > 0
    codigo, texto = verificar()
    assert codigo == 1
    assert any(linea_.startswith("FALLA") and falla in linea_ for linea_ in texto.splitlines()), texto
    assert "relocalizar" in texto
    call_command("relocalizar", stdout=io.StringIO())
    assert verificar() == (0, verificar()[1])


def test_verifying_writes_nothing(todo):
    from tests.archivos import contenido

    sql("UPDATE demandas_demandaunidad SET fraccion = fraccion / 2")
    antes = contenido()
    verificar()
    assert contenido() == antes


def test_a_unit_under_itself_is_found(todo):
    sql(
        "UPDATE territorio_unidadterritorial SET padre_id = (SELECT id FROM territorio_unidadterritorial WHERE codigo = 'a') WHERE codigo = '1'"
    )
    sql(
        "UPDATE territorio_unidadterritorial SET padre_id = (SELECT id FROM territorio_unidadterritorial WHERE codigo = '1') WHERE codigo = 'a'"
    )
    codigo, texto = verificar()
    assert codigo == 1
    assert "está bajo sí misma" in texto


def test_a_parent_of_another_municipality_is_found(todo):
    vecino = unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")
    ajeno = unidad("distrito", "v", cuadro(4, 0), municipio=vecino)
    UnidadTerritorial.objects.filter(codigo="x").update(padre=ajeno)
    assert "de otro municipio" in verificar()[1]


def test_relocalizar_changes_nothing_that_was_right(todo):
    from tests.archivos import contenido

    antes = contenido()
    call_command("relocalizar", stdout=io.StringIO())
    assert contenido() == antes


def test_figures_that_agree_with_nothing_are_recounted_by_relocalizar(todo):
    from territorio.models import Poblacion

    assert Poblacion.objects.filter(unidad__codigo="1").update(personas=77) == 1
    assert verificar()[0] == 1
    call_command("relocalizar", stdout=io.StringIO())
    assert verificar()[0] == 0


def test_a_limit_that_begins_on_a_later_day_is_told_that_day_and_relocalizar_brings_it_in(todo, monkeypatch):
    from datetime import date, timedelta

    from django.db.backends.postgresql.psycopg_any import DateRange
    from django.utils import timezone

    manana = timezone.localdate() + timedelta(days=1)
    for codigo, geom in (("1", cuadro(0, 0, 1, 2)), ("2", cuadro(1, 0, 3, 2))):
        viejo = Limite.objects.get(unidad__codigo=codigo)
        Limite.objects.filter(pk=viejo.pk).update(vigencia=DateRange(date(2000, 1, 1), manana))
        Limite.objects.create(unidad=viejo.unidad, geom=geom, vigencia=DateRange(manana, None))
    assert verificar()[0] == 0
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *a, **k: manana)
    assert verificar()[0] == 1
    call_command("relocalizar", stdout=io.StringIO())
    assert verificar()[0] == 0
    assert Demanda.objects.count() + Proyecto.objects.count() == 6
