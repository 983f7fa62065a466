"""What must never be false is refused by the database itself: proved by plain SQL, past all Python."""

# ruff: noqa: E501 (a statement of SQL reads best whole)

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.utils import DataError

from demandas.models import Demanda
from proyectos.models import PDM, POA, Operacion, Proyecto
from territorio.models import Equipamiento, Importacion, Limite, Sucesion
from tests import hechos
from tests.mundo import punto

pytestmark = pytest.mark.django_db

LAZO = "ST_GeomFromText('MULTIPOLYGON(((-65 -17, -64 -16, -65 -16, -64 -17, -65 -17)))', 4326)"
LEJOS = "ST_GeomFromText('MULTIPOLYGON(((0 0, 200 0, 200 10, 0 0)))', 4326)"
LINEA_LEJOS = "ST_GeomFromText('MULTILINESTRING((0 0, 200 0))', 4326)"
LINEA_NULA = "ST_GeomFromText('MULTILINESTRING((0 0, 0 0))', 4326)"


@pytest.fixture
def filas(muni, oeste):
    """One row of each kind, so that an UPDATE has something to spoil."""
    d = hechos.demanda(muni, "d", punto(1, 1))
    d.rangos.create(grupo="mujeres", puesto=1)
    plan = PDM.objects.create(municipio=muni, nombre="PDM", desde=2021, hasta=2025)
    p = hechos.proyecto(muni, "p", punto(1, 1), responde=[d], pdm=plan)
    hechos.operacion(p, presupuesto_vigente=100, devengado=50)
    Sucesion.objects.create(predecesora=oeste, sucesora=muni, desde="2020-01-01", motivo="fusion")
    oeste.denominaciones.create(nombre="Poniente", vigencia=DateRange(None, date(2020, 1, 1)))
    Equipamiento.objects.create(
        municipio=muni, codigo="e", nombre="Escuela", sector=hechos.sector("21"), punto=punto(1, 1)
    )
    Importacion.objects.create(municipio=muni, nivel=oeste.nivel, archivo="limites.zip")


@pytest.mark.parametrize(
    ("nombre", "consulta"),
    [
        ("limite_valido", f"UPDATE territorio_limite SET geom = {LAZO}"),
        ("limite_en_el_mundo", f"UPDATE territorio_limite SET geom = {LEJOS}"),
        ("limite_con_dias", "UPDATE territorio_limite SET vigencia = 'empty'"),
        ("limite_uno_por_dia", "INSERT INTO territorio_limite (unidad_id, geom, vigencia, fuente, estado, norma, registrado, solapes_al_dia) SELECT unidad_id, geom, vigencia, '', 'definido', '', now(), false FROM territorio_limite"),
        ("unidad_codigo_unico", "INSERT INTO territorio_unidadterritorial (nivel_id, municipio_id, codigo, nombre, categoria, vigencia) SELECT nivel_id, municipio_id, codigo, nombre, '', vigencia FROM territorio_unidadterritorial WHERE municipio_id IS NULL"),
        ("unidad_con_codigo", "UPDATE territorio_unidadterritorial SET codigo = '' WHERE codigo = '1'"),
        ("unidad_con_nombre", "UPDATE territorio_unidadterritorial SET nombre = ''"),
        ("unidad_con_dias", "UPDATE territorio_unidadterritorial SET vigencia = 'empty'"),
        ("unidad_no_es_su_padre", "UPDATE territorio_unidadterritorial SET padre_id = id"),
        ("poblacion_una_cifra", "INSERT INTO territorio_poblacion (unidad_id, censo, sexo, grupo_edad, personas, preliminar, fuente) SELECT unidad_id, censo, sexo, grupo_edad, 1, false, '' FROM territorio_poblacion"),
        ("poblacion_con_grupo", "UPDATE territorio_poblacion SET grupo_edad = ''"),
        ("territorio_poblacion_personas_check", "UPDATE territorio_poblacion SET personas = -1"),
        ("cifra_unica", "INSERT INTO territorio_cifra (unidad_id, nombre, anio, valor, metodo) SELECT unidad_id, nombre, anio, 1, 'suma' FROM territorio_cifra"),
        ("sucesion_entre_dos", "UPDATE territorio_sucesion SET sucesora_id = predecesora_id"),
        ("sucesion_unica", "INSERT INTO territorio_sucesion (predecesora_id, sucesora_id, desde, motivo, norma, registrado) SELECT predecesora_id, sucesora_id, desde, motivo, '', now() FROM territorio_sucesion"),
        ("denominacion_una_por_dia", "INSERT INTO territorio_denominacion (unidad_id, nombre, vigencia, norma, registrado) SELECT unidad_id, 'x', vigencia, '', now() FROM territorio_denominacion"),
        ("denominacion_pasada", "UPDATE territorio_denominacion SET vigencia = '[2020-01-01,)'"),
        ("denominacion_con_nombre", "UPDATE territorio_denominacion SET nombre = ''"),
        ("equipamiento_codigo_unico", "INSERT INTO territorio_equipamiento (municipio_id, codigo, nombre, sector_id, tipo, estado, fuente, ubicada_por, version) SELECT municipio_id, codigo, 'x', sector_id, tipo, estado, '', 'sin_ubicar', 1 FROM territorio_equipamiento"),
        ("equipamiento_con_codigo", "UPDATE territorio_equipamiento SET codigo = ''"),
        ("equipamiento_con_nombre", "UPDATE territorio_equipamiento SET nombre = ''"),
        ("equipamiento_punto_en_el_mundo", "UPDATE territorio_equipamiento SET punto = ST_SetSRID(ST_Point(200, 0), 4326)"),
        ("importacion_aplicada_con_fecha", "UPDATE territorio_importacion SET estado = 'aplicada'"),
        ("importacion_progreso_posible", "UPDATE territorio_importacion SET progreso = 101"),
        ("demanda_una_geometria", "UPDATE demandas_demanda SET linea = ST_GeomFromText('MULTILINESTRING((-65 -17, -64 -17))', 4326)"),
        ("demanda_punto_en_el_mundo", "UPDATE demandas_demanda SET punto = ST_SetSRID(ST_Point(200, 0), 4326)"),
        ("demanda_punto_en_el_mundo", "UPDATE demandas_demanda SET punto = ST_SetSRID(ST_Point('NaN', 'NaN'), 4326)"),
        ("demanda_punto_en_el_mundo", "UPDATE demandas_demanda SET punto = ST_SetSRID(ST_Point('Infinity', 0), 4326)"),
        ("demanda_linea_valida", f"UPDATE demandas_demanda SET punto = NULL, linea = {LINEA_LEJOS}"),
        ("demanda_linea_valida", f"UPDATE demandas_demanda SET punto = NULL, linea = {LINEA_NULA}"),
        ("demanda_poligono_valido", f"UPDATE demandas_demanda SET punto = NULL, poligono = {LAZO}"),
        ("demanda_con_titulo", "UPDATE demandas_demanda SET titulo = ''"),
        ("demanda_costo_no_negativo", "UPDATE demandas_demanda SET costo_estimado = -0.01"),
        ("demanda_codigo_unico", "INSERT INTO demandas_demanda SELECT (jsonb_populate_record(d, jsonb_build_object('id', d.id + 1000000))).* FROM demandas_demanda d"),
        ("demanda_contraparte_no_negativa", "UPDATE demandas_demanda SET contraparte = -0.01"),
        ("demanda_pedida_desde_posible", "UPDATE demandas_demanda SET pedida_desde = 1949"),
        ("demanda_unida_a_otra", "UPDATE demandas_demanda SET estado = 'unida'"),
        ("demanda_unida_a_otra", "UPDATE demandas_demanda SET estado = 'unida', unida_a_id = id"),
        ("demanda_unida_a_otra", "UPDATE demandas_demanda SET unida_a_id = id"),
        ("rango_uno_por_grupo", "INSERT INTO demandas_rango (demanda_id, grupo, puesto) SELECT demanda_id, grupo, 2 FROM demandas_rango"),
        ("rango_desde_uno", "UPDATE demandas_rango SET puesto = 0"),
        ("demandaunidad_fraccion_posible", "UPDATE demandas_demandaunidad SET fraccion = 1.01"),
        ("demandaunidad_fraccion_posible", "UPDATE demandas_demandaunidad SET fraccion = 0"),
        ("demandaunidad_fraccion_posible", "UPDATE demandas_demandaunidad SET fraccion = 'NaN'"),
        ("demandaunidad_unica", "INSERT INTO demandas_demandaunidad (demanda_id, unidad_id, nivel_id, fraccion, en_disputa) SELECT demanda_id, unidad_id, nivel_id, fraccion, en_disputa FROM demandas_demandaunidad"),
        ("proyecto_con_nombre", "UPDATE proyectos_proyecto SET nombre = ''"),
        ("proyecto_costo_no_negativo", "UPDATE proyectos_proyecto SET costo_total = -1"),
        ("respuesta_unica", "INSERT INTO proyectos_respuesta (demanda_id, proyecto_id) SELECT demanda_id, proyecto_id FROM proyectos_respuesta"),
        ("pdm_periodo_en_orden", "UPDATE proyectos_pdm SET hasta = 2020"),
        ("pdm_uno_por_periodo", "INSERT INTO proyectos_pdm (municipio_id, nombre, desde, hasta, estado, version) SELECT municipio_id, 'x', desde, hasta, estado, 1 FROM proyectos_pdm"),
        ("poa_uno_por_gestion", "INSERT INTO proyectos_poa (municipio_id, gestion, estado, version) SELECT municipio_id, gestion, estado, 1 FROM proyectos_poa"),
        ("poa_gestion_posible", "UPDATE proyectos_poa SET gestion = 1989"),
        ("operacion_una_por_proyecto", "INSERT INTO proyectos_operacion (poa_id, proyecto_id, presupuesto_inicial, presupuesto_vigente, devengado, fisico_programado, fisico_alcanzado) SELECT poa_id, proyecto_id, 0, 0, 0, 0, 0 FROM proyectos_operacion"),
        ("operacion_montos_no_negativos", "UPDATE proyectos_operacion SET presupuesto_inicial = -1"),
        ("operacion_devengado_dentro_del_vigente", "UPDATE proyectos_operacion SET devengado = 100.01"),
        ("operacion_programado_posible", "UPDATE proyectos_operacion SET fisico_programado = 100.01"),
        ("operacion_alcanzado_posible", "UPDATE proyectos_operacion SET fisico_alcanzado = -0.01"),
    ],
)  # fmt: skip
def test_the_database_refuses_it_by_name(filas, nombre, consulta):
    with pytest.raises(IntegrityError, match=nombre), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(consulta)


@pytest.mark.parametrize(
    "geometria",
    [
        "ST_GeomFromText('POLYGON((-65 -17, -64 -17, -64 -16, -65 -17))', 4326)",
        "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(-65 -17))', 4326)",
        "ST_GeomFromText('POINT Z(-65 -17 3)', 4326)",
        "ST_GeomFromText('POINT(-65 -17)', 32719)",
    ],
)
def test_a_point_column_holds_points_of_one_system_only(filas, geometria):
    with pytest.raises(DataError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE demandas_demanda SET punto = {geometria}")


@pytest.mark.parametrize("dinero", ["'NaN'", "1e12"])
def test_money_is_a_number_that_fits(filas, dinero):
    with pytest.raises((DataError, IntegrityError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE proyectos_operacion SET presupuesto_vigente = {dinero}")


def test_what_holds_others_cannot_be_taken_away_under_them(filas):
    for consulta in (
        "DELETE FROM territorio_unidadterritorial",
        "DELETE FROM proyectos_pdm",
        "DELETE FROM territorio_nivel",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(consulta)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert all(modelo.objects.exists() for modelo in (Limite, Demanda, Proyecto, POA, Operacion))
