"""Rows in bulk, also by the role that sees rows by municipality."""

import pytest
from django.db import DatabaseError, connection, transaction

from cuentas.aislamiento import entrar, salir
from territorio.importacion.copia import copiar
from territorio.models import Poblacion
from territorio.models.poblacion import TOTAL
from tests import mundo

COLUMNAS = ["unidad_id", "censo", "sexo", "grupo_edad", "personas", "preliminar", "fuente"]
pytestmark = pytest.mark.django_db


def fila(unidad, personas: int, censo: int = 2012) -> list:
    return [unidad.pk, censo, Poblacion.Sexo.TOTAL, TOTAL, personas, False, ""]


@pytest.fixture
def otro(muni):
    return mundo.unidad("municipio", "990102", mundo.cuadro(8, 0, 2), nombre="Otro")


def test_the_owner_writes_rows_in_bulk(muni, otro):
    copiar(Poblacion, COLUMNAS, [fila(muni, 7), fila(otro, 8)])
    assert set(Poblacion.objects.filter(censo=2012).values_list("personas", flat=True)) == {7, 8}


def test_the_service_writes_those_of_its_municipality_and_no_others(muni, otro):
    entrar(municipios=[muni.pk])
    try:
        copiar(Poblacion, COLUMNAS, [fila(muni, 7)])
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            copiar(Poblacion, COLUMNAS, [fila(muni, 9, 2001), fila(otro, 8, 2001)])
        copiar(Poblacion, COLUMNAS, [])  # a second time in one transaction
    finally:
        salir()
    assert list(Poblacion.objects.filter(censo__lt=2020).values_list("personas", flat=True)) == [7]
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_temp.copia_en_curso')")
        assert cursor.fetchone() == (None,)
