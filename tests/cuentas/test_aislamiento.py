"""The second lock: what the database gives, and takes, when a filter or a check was forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import ProgrammingError, connection, models, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import RequestFactory

from cuentas import aislamiento, middleware
from cuentas.aislamiento import ROL, alcance_total, declaradas, salir
from cuentas.auditoria import es_registro
from cuentas.middleware import QuienPregunta
from cuentas.models import Usuario
from cuentas.permisos import municipios_de
from demandas.models import Demanda, DemandaUnidad, Rango
from proyectos.models import PDM, POA, Operacion, Proyecto, ProyectoUnidad, Respuesta
from territorio import cifras
from territorio.fechas import hoy
from territorio.localizacion import localizar, relocalizar, retratar
from territorio.models import (
    Cifra,
    Equipamiento,
    Importacion,
    Indicador,
    Limite,
    Membresia,
    Nivel,
    Rol,
    UnidadEnUnidad,
    UnidadTerritorial,
)
from territorio.pasado import como_era
from tests import hechos, mundo

pytestmark = pytest.mark.django_db

# Tables without rows of any one municipality, or that log-in itself needs: who may write them is decided by services.
SIN_MUNICIPIO = {"cuentas.Usuario", "cuentas.Asiento", "cuentas.Eslabon", "cuentas.Conteo", "territorio.Membresia"}


@contextmanager
def servicio(usuario=None) -> Iterator[None]:
    """As a request of `usuario` (None: a visitor) meets the database."""
    quien = usuario or AnonymousUser()
    middleware.entrar(municipios=municipios_de(quien), todo=bool(usuario and usuario.is_superuser))
    try:
        yield
    finally:
        salir()


@contextmanager
def rechazado() -> Iterator[None]:
    with (
        pytest.raises(ProgrammingError, match=r"row-level security|permission denied|otro municipio"),
        transaction.atomic(),
    ):
        yield


def miembro(municipio, rol=Rol.PLANIFICADOR, nombre="rosa") -> Usuario:
    usuario = Usuario.objects.create(username=nombre)
    Membresia.objects.create(usuario=usuario, municipio=municipio, rol=rol)
    return usuario


@pytest.fixture
def vecino(db):
    return mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 2), nombre="Vecino")


@pytest.fixture
def de_aqui(muni):
    return miembro(muni, nombre="aqui")


@pytest.fixture
def de_al_lado(vecino):
    return miembro(vecino, nombre="allado")


@pytest.fixture
def borradores(muni, oeste):
    """One draft of everything that can be one, in `muni`, and what hangs on them."""
    demanda = hechos.demanda(muni, "secreta", mundo.punto(0.5, 0.5), publicada=False)
    Rango.objects.create(demanda=demanda, grupo="mujeres", puesto=1)
    plan = PDM.objects.create(municipio=muni, nombre="Borrador", desde=2026, hasta=2030)
    proyecto = hechos.proyecto(
        muni, "oculto", mundo.punto(0.5, 0.5), publicado=False, responde=[demanda], pdm=plan, beneficia=[oeste]
    )
    poa = POA.objects.create(municipio=muni, gestion=2027)
    Operacion.objects.create(poa=poa, proyecto=proyecto, presupuesto_inicial=10, presupuesto_vigente=10)
    Importacion.objects.create(municipio=muni, nivel=oeste.nivel, archivo="distritos.geojson")
    return muni


CON_BORRADORES = [
    *(Demanda, Rango, DemandaUnidad, PDM, POA, Proyecto, ProyectoUnidad, Operacion, Respuesta, Importacion),
    Proyecto.beneficiarias.through,
]


def test_every_table_says_which_of_its_rows_are_whose():
    propias = {"cuentas", "territorio", "demandas", "proyectos", "mapas"}
    modelos = [
        modelo
        for modelo in apps.get_models(include_auto_created=True)
        if modelo._meta.app_label in propias
        and modelo._meta.managed
        and not modelo._meta.proxy
        and not es_registro(modelo)
    ]
    faltan = {m._meta.label for m in modelos if m not in declaradas()} - SIN_MUNICIPIO
    faltan = {nombre for nombre in faltan if not nombre.startswith(("cuentas.Usuario_", "territorio.Membresia_"))}
    assert not faltan, f"declárelas en el permisos.py de su aplicación: {sorted(faltan)}"


@pytest.mark.parametrize("modelo", CON_BORRADORES, ids=lambda m: m.__name__)
def test_a_forgotten_filter_gives_no_draft_away(borradores, de_aqui, de_al_lado, modelo):
    guardadas = modelo.objects.count()
    assert guardadas > 0
    with servicio():
        assert modelo.objects.count() == 0
    with servicio(de_al_lado):
        assert modelo.objects.count() == 0
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {modelo._meta.db_table}")  # whatever way it is asked
            assert cursor.fetchone()[0] == 0
    with servicio(de_aqui):
        assert modelo.objects.count() == guardadas
    with servicio(Usuario.objects.create(username="raiz", is_superuser=True)):
        assert modelo.objects.count() == guardadas


@pytest.mark.parametrize("modelo", CON_BORRADORES, ids=lambda m: m.__name__)
def test_nobody_else_changes_or_deletes_a_row(borradores, de_al_lado, modelo):
    with servicio(de_al_lado), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {modelo._meta.db_table} SET id = id")
        assert cursor.rowcount == 0
        cursor.execute(f"DELETE FROM {modelo._meta.db_table}")
        assert cursor.rowcount == 0


def test_what_is_published_is_read_by_all_and_changed_by_its_own(muni, de_al_lado):
    publica = hechos.demanda(muni, "p", mundo.punto(0.5, 0.5))
    with servicio():
        assert Demanda.objects.get() == publica
        assert DemandaUnidad.objects.exists()
    with servicio(de_al_lado):
        assert Demanda.objects.filter(pk=publica.pk).update(titulo="Otro") == 0
        assert Demanda.objects.filter(pk=publica.pk).delete()[1].get("demandas.Demanda", 0) == 0
    publica.refresh_from_db()
    assert publica.titulo != "Otro"


def test_nobody_plants_a_row_in_another_municipality(muni, oeste, de_al_lado):
    nuevas = [
        Demanda(municipio=muni, codigo="x", titulo="Plantada"),
        PDM(municipio=muni, nombre="x", desde=2021, hasta=2025),
        POA(municipio=muni, gestion=2026),
        Proyecto(municipio=muni, codigo="x", nombre="x"),
        UnidadTerritorial(nivel=oeste.nivel, municipio=muni, codigo="9", nombre="Nuevo"),
        Limite(unidad=oeste, geom=mundo.cuadro(0, 0), vigencia=DateRange(date(1990, 1, 1), date(1991, 1, 1))),
        Equipamiento(municipio=muni, codigo="x", nombre="x", sector=hechos.sector("20"), tipo="posta"),
        Indicador(unidad=oeste, nombre="nbi", anio=2012, valor=1),
    ]
    for nueva in nuevas:
        with servicio(de_al_lado), rechazado():
            nueva.save(force_insert=True)


def test_a_row_does_not_move_to_another_municipality(muni, vecino, de_aqui):
    demanda = hechos.demanda(muni, "p", mundo.punto(0.5, 0.5))
    with servicio(de_aqui), rechazado():
        Demanda.objects.filter(pk=demanda.pk).update(municipio=vecino)


def test_territory_is_read_by_all_and_written_by_its_own(muni, oeste, de_aqui, de_al_lado):
    for otro in (None, de_al_lado):
        with servicio(otro):
            assert UnidadTerritorial.objects.filter(pk=oeste.pk).exists()
            with rechazado():
                UnidadTerritorial.objects.filter(pk=oeste.pk).update(nombre="Robado")
            with rechazado():
                Limite.objects.filter(unidad=oeste).update(fuente="otra")
            with rechazado():
                Limite.objects.filter(unidad=oeste)._raw_delete("default")
    with servicio(de_aqui):
        assert UnidadTerritorial.objects.filter(pk=oeste.pk).update(nombre="Poniente") == 1
        assert Limite.objects.filter(unidad=oeste).update(fuente="propia") == 1


def test_catalogues_and_what_is_derived_are_written_by_nobody(muni, oeste, de_aqui):
    hechos.demanda(muni, "p", mundo.punto(0.5, 0.5))
    with servicio(de_aqui):
        for modelo in (Nivel, UnidadEnUnidad, Cifra):
            with rechazado():
                modelo.objects.update(**({"nombre": "x"} if modelo is not UnidadEnUnidad else {"fraccion": 0.5}))
        assert DemandaUnidad.objects.update(fraccion=0.5) == 0


def test_what_is_worked_out_reaches_all_rows_whoever_asks(muni, oeste, vecino, de_aqui):
    """A limit that a member changes moves a neighbour's draft that lies there, which she can't see."""
    ajena = hechos.demanda(vecino, "suya", mundo.punto(1, 1), publicada=False)
    assert DemandaUnidad.objects.filter(demanda=ajena, unidad=oeste).exists()
    with servicio(de_aqui):
        antes = retratar([oeste.pk])
        Limite.objects.filter(unidad=oeste).update(vigencia=DateRange(date(2000, 1, 1), hoy()))
        Limite.objects.create(unidad=oeste, geom=mundo.cuadro(0, 0, 0.5), vigencia=DateRange(hoy(), None))
        relocalizar([oeste.pk], antes=antes)
        cifras.recalcular([muni.pk])
        assert not Demanda.objects.filter(pk=ajena.pk).exists()
    assert not DemandaUnidad.objects.filter(demanda=ajena, unidad=oeste).exists()


def test_a_member_places_and_deletes_what_is_hers(muni, oeste, de_aqui):
    with servicio(de_aqui):
        demanda = Demanda.objects.create(municipio=muni, codigo="n", titulo="Nueva", punto=mundo.punto(0.5, 0.5))
        localizar(Demanda.objects.filter(pk=demanda.pk))
        assert DemandaUnidad.objects.filter(demanda=demanda, unidad=oeste).exists()
        demanda.delete()
        assert not DemandaUnidad.objects.exists()


def test_another_day_shows_no_draft_either(muni, oeste, de_aqui, de_al_lado):
    """What stands before the stored tables for a day of the past has no rules of its own."""
    hechos.demanda(muni, "p", mundo.punto(0.5, 0.5))
    secreta = hechos.demanda(muni, "s", mundo.punto(0.6, 0.6), publicada=False)
    Limite.objects.filter(unidad=oeste).update(vigencia=DateRange(date(2000, 1, 1), hoy()))
    Limite.objects.create(unidad=oeste, geom=mundo.cuadro(0, 0, 0.55), vigencia=DateRange(hoy(), None))
    relocalizar([oeste.pk])
    dia = date(hoy().year - 1, 1, 1)
    for quien, cuantas in ((de_aqui, 2), (None, 1), (de_al_lado, 1)):  # the first fills what the others find kept
        with servicio(quien), como_era(muni, dia):
            assert Demanda.objects.count() == cuantas
            assert DemandaUnidad.objects.values("demanda").distinct().count() == cuantas
            assert DemandaUnidad.objects.filter(demanda=secreta.pk).exists() is (cuantas == 2)


def test_all_rows_are_there_only_within_the_block(borradores):
    with servicio(), transaction.atomic():
        with alcance_total():
            assert Demanda.objects.exists()
            with alcance_total():
                pass
            assert Demanda.objects.exists()
        assert not Demanda.objects.exists()
        with pytest.raises(ValueError, match="a propósito"), transaction.atomic(), alcance_total():
            raise ValueError("a propósito")
        assert not Demanda.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_nothing_is_lifted():
    with pytest.raises(RuntimeError, match="transacción"), alcance_total():
        pass


def test_who_asked_before_leaves_nothing_behind(client, borradores, de_aqui):
    """The connection of a member's request serves the next visitor."""
    client.force_login(de_aqui)
    ruta = f"/demandas/{Demanda.objects.get().pk}/"
    assert client.get(ruta).status_code == 200
    client.logout()
    assert client.get(ruta).status_code == 404
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role'), current_setting('minka.municipios', true)")
        assert cursor.fetchone() == ("none", "")


def test_a_view_that_fails_leaves_nothing_behind(borradores, de_aqui):
    def vista(request):
        raise RuntimeError("a propósito")

    pedido = RequestFactory().get("/")
    pedido.user = de_aqui
    with pytest.raises(RuntimeError):
        QuienPregunta(vista)(pedido)
    salir()
    with servicio():
        assert not Demanda.objects.exists()


def test_a_closed_account_sees_what_a_visitor_sees(borradores, de_aqui):
    de_aqui.is_active = False
    with servicio(de_aqui):
        assert not Demanda.objects.exists()


def test_the_role_of_the_service_owns_nothing_and_may_change_no_table(borradores):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %s AND relnamespace <> pg_my_temp_schema()",
            [ROL],
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = %s", [ROL]
        )
        assert cursor.fetchone() == (False, False, False, False)
    mandatos = [
        "ALTER TABLE demandas_demanda DISABLE ROW LEVEL SECURITY",
        "DROP POLICY leer ON demandas_demanda",
        "ALTER TABLE territorio_limite DISABLE TRIGGER guardia",
        "TRUNCATE demandas_rango",
        "CREATE TABLE cualquiera (id int)",
        "DROP TABLE demandas_rango",
        "COPY demandas_demanda TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/hostname')",
        "UPDATE django_migrations SET name = name",
    ]
    with servicio(), connection.cursor() as cursor:
        for mandato in mandatos:
            with pytest.raises(ProgrammingError), transaction.atomic():
                cursor.execute(mandato)


def test_rules_are_declared_once(borradores):
    with pytest.raises(ValueError, match="ya están declaradas"):
        aislamiento.abiertas(Nivel)


def test_a_rule_reads_only_columns_of_its_table():
    """Each declared rule is SQL that the table understands: it was created, so a probe with no rows is enough."""
    for modelo, regla in declaradas().items():
        assert issubclass(modelo, models.Model)
        with connection.cursor() as cursor:
            for condicion in (regla.lectura, regla.escritura, regla.borrado):
                cursor.execute(f"SELECT 1 FROM {modelo._meta.db_table} WHERE ({condicion}) LIMIT 0")
